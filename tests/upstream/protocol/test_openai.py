import pytest

from gateway.errors import AddressRefused
from gateway.settings.deployments import DeploymentSettings
from gateway.types import Reason
from gateway.upstream.protocol.openai import OpenAIAdapter
from tests.parts import configuration
from tests.upstream.test_http import cleared


def test_the_document_is_the_neutral_one_with_the_deployments_own_fields() -> None:
    document = configuration.deployment("http://127.0.0.1:9/v1", providers=["deepinfra"])
    adapter = OpenAIAdapter(DeploymentSettings.model_validate(document), lambda _: None)
    request = adapter.build_request(cleared(streamed=True))
    sent = request.document
    assert (request.path, request.media_type) == ("/chat/completions", "text/event-stream")
    assert sent["provider"]["only"] == ["deepinfra"]
    assert sent["stream_options"] == {"include_usage": True}


def test_B32_nothing_is_built_for_a_provider_that_policy_refuses_now() -> None:
    document = configuration.deployment("http://127.0.0.1:9/v1", providers=["mistral", "deepinfra"])
    refused: dict[str, tuple[Reason, ...]] = {}
    adapter = OpenAIAdapter(DeploymentSettings.model_validate(document), refused.get)
    adapter.build_request(cleared())
    refused["deepinfra"] = ()
    with pytest.raises(AddressRefused):
        adapter.build_request(cleared())


def test_without_a_key_no_header_is_made_up() -> None:
    adapter = OpenAIAdapter(
        DeploymentSettings.model_validate(configuration.deployment("http://127.0.0.1:9/v1")),
        lambda _: None,
    )
    assert adapter.headers(None) == {}
    assert adapter.headers("k") == {"authorization": "Bearer k"}
