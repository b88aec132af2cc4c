"""T12, T33: names that route or carry credentials, in any spelling."""

import pytest

from gateway.dialects.core.refused_names import refuse_routing, refuse_routing_in_labels

ROUTING = [
    "api_base",
    "api_key",
    "base_url",
    "custom_llm_provider",
    "user_config",
    "aws_region_name",
    "aws_sts_endpoint",
    "vertex_credentials",
    "azure_ad_token",
    "extra_headers",
    "deployment_url",
    "model_list",
    "extra_body",
    "litellm_embedding_config",
    "langfuse_host",
    "bootstrap_host",
    "lora_path",
    "s3_endpoint_url",
]
WORDS = [
    "fallbacks",
    "models",
    "route",
    "provider",
    "mock_response",
    "plugins",
    "client_id",
    "tenant_id",
]
HARMLESS = [
    "temperature",
    "city",
    "base",
    "api",
    "model",
    "key",
    "awsome",
    "url",
    "enable_thinking",
    "route_number",
]


@pytest.mark.parametrize("name", ROUTING)
def test_T12_routing_names_are_refused_everywhere(name: str) -> None:
    assert refuse_routing(name)
    assert refuse_routing_in_labels(name)


@pytest.mark.parametrize("name", WORDS)
def test_everyday_words_are_refused_as_parameters_and_allowed_as_labels(name: str) -> None:
    assert refuse_routing(name)
    assert refuse_routing_in_labels(name) is None


@pytest.mark.parametrize("name", HARMLESS)
def test_other_names_pass(name: str) -> None:
    assert refuse_routing(name) is None


@pytest.mark.parametrize(
    "name",
    ["API_BASE", "apiBase", "ApiBase", "api-base", "apibase", " api_base", "api.base", "APIKey"],
)
def test_spelling_does_not_matter(name: str) -> None:
    assert refuse_routing(name)
