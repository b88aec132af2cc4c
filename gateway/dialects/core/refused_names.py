"""Field names that would choose a route or carry a credential: never accepted from a client.

The list combines the override fields through which gateways were attacked (CVE-2024-6587,
PYSEC-2026-4070 and related reports; litellm has the longest public list) with the routing fields
of OpenRouter and SGLang.
"""

import re
from typing import Final


def _names(text: str) -> frozenset[str]:
    """The names without underscores, which is how they are compared."""
    return frozenset(text.replace("_", "").split())


_NAMES: Final = _names(
    """
    api_base api_base_url api_host api_key api_keys api_type auth_token authorization
    azure_ad_token azure_ad_token_provider azure_endpoint azure_password azure_username base_url
    bootstrap_host bootstrap_port bootstrap_room callback_url client_secret custom_llm_provider
    default_headers deployment_url endpoint_url extra_body extra_headers extra_query
    http_proxy https_proxy litellm_credential_name litellm_embedding_config litellm_metadata
    lora_path model_list nvcf_function_id openai_api_base openai_api_key proxy_url
    s3_endpoint_url sagemaker_base_url use_ssl user_config watsonx_url webhook_url
    """
)
_PREFIXES: Final = ("aws_", "azure_ad_", "vertex_", "litellm_", "langfuse_", "posthog_")
_WORDS: Final = _names(
    """
    api_version client_id context_window_fallbacks fallback_models fallbacks headers
    mock_response models organization plugins provider provider_options providers route router
    routing tenant_id transforms workspace_id
    """
)
"""Names that route, and that applications also use as labels in ``metadata``."""

_REMEDY: Final = (
    "it would name a route or a credential, which only the gateway chooses; leave it out "
    "and request a model by its name"
)

# ``apiBase`` and ``API-Base`` are both read as ``api_base``.
_CAPITAL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OTHER: Final = re.compile(r"[^a-z0-9]+")


def refuse_routing(name: str) -> str | None:
    """Why a parameter of this name is refused, or ``None``; case and separators do not matter."""
    plain = _plain(name)
    return _REMEDY if _compact(plain) in _WORDS or _is_routing(plain) else None


def refuse_routing_in_labels(name: str) -> str | None:
    """Like :func:`refuse_routing`, for objects whose keys are the application's own labels."""
    return _REMEDY if _is_routing(_plain(name)) else None


def is_listed(name: str) -> bool:
    """Whether a name is on the list itself, however it is written; a prefix alone is not."""
    return _compact(_plain(name)) in _NAMES | _WORDS


def _plain(name: str) -> str:
    return _OTHER.sub("_", _CAPITAL.sub("_", name).lower()).strip("_")


def _compact(plain: str) -> str:
    return plain.replace("_", "")


def _is_routing(plain: str) -> bool:
    # Prefixes with their underscore: `aws_region` is refused, `awsome` is not.
    return _compact(plain) in _NAMES or plain.startswith(_PREFIXES)
