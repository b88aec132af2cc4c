"""Loads litellm: one version only, without downloads, logging or callbacks."""

import functools
import importlib.metadata
import logging
import os
import warnings
from dataclasses import dataclass
from typing import Any, Final

from gateway.upstream.litellm.no_network import NoNetwork

VERSION: Final = "1.106.2"
MALICIOUS: Final = frozenset({"1.82.7", "1.82.8", "1.107.0"})
"""Releases that stole credentials (https://docs.litellm.ai/blog/security-update-march-2026, …/security-incident-oct-21-2026)."""

# Read by litellm when it is imported.
_ENVIRONMENT: Final = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # otherwise it downloads prices at import (T55)
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    "LITELLM_MODE": "PRODUCTION",  # otherwise it reads a .env file
    "LITELLM_LOG": "ERROR",
}
_LOGGERS: Final = ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """The parts of litellm that are used; they are untyped."""

    config: Any
    """``(model, provider)`` -> the configuration object that translates for the provider."""
    anthropic_chunks: Any
    anthropic_names: str
    """The parameter in which litellm stores the caller's tool names when Anthropic does not accept them."""
    gemini_body: Any
    gemini_chunks: Any
    bedrock_chunks: Any
    reply: Any
    """litellm's class for replies."""
    response: Any
    """httpx's class for responses, from which litellm reads replies."""
    event_stream: Any
    """The parser of AWS's event stream format."""
    broken_frame: type[Exception]


def fault() -> str:
    """Why litellm can't be used, or ``""``; litellm is not imported for this check."""
    try:
        found = importlib.metadata.version("litellm")
    except importlib.metadata.PackageNotFoundError:
        return f"kind litellm needs litellm {VERSION}: install sekisho[litellm]"
    if found in MALICIOUS:
        return f"litellm {found} is a malicious release: remove it, and rotate every secret that this machine could read"
    if found != VERSION:
        return f"litellm {found} is installed; only {VERSION} is supported"
    return ""


@functools.cache
def load() -> Library:
    """Import litellm, which takes seconds, and switch off its logging, telemetry and callbacks.

    Raises:
        NetworkAttempted: litellm tried to open a connection.
        ImportError: litellm is not installed.
    """
    os.environ.update(_ENVIRONMENT)
    with NoNetwork():
        # These imports take seconds and 150 MB: only gateways with such a deployment pay for them.
        import botocore.eventstream  # noqa: PLC0415
        import litellm  # noqa: PLC0415
        from litellm.llms.anthropic.chat.handler import (  # noqa: PLC0415
            ModelResponseIterator as AnthropicChunks,
        )
        from litellm.llms.anthropic.chat.transformation import (  # noqa: PLC0415
            ANTHROPIC_TOOL_NAME_REVERSE_MAP_KEY,
        )
        from litellm.llms.bedrock.chat.invoke_handler import AWSEventStreamDecoder  # noqa: PLC0415
        from litellm.llms.custom_httpx.http_handler import httpx  # noqa: PLC0415
        from litellm.llms.vertex_ai.gemini.transformation import (  # noqa: PLC0415
            transform_request_body,
        )
        from litellm.llms.vertex_ai.gemini.vertex_and_google_ai_studio_gemini import (  # noqa: PLC0415
            ModelResponseIterator,
        )
        from litellm.types.utils import (  # noqa: PLC0415
            Delta,
            LlmProviders,
            ModelResponse,
            ModelResponseStream,
        )
        from litellm.utils import ProviderConfigManager  # noqa: PLC0415
    _silence(litellm)
    # litellm's pydantic models are built when first used, and warn while they are built.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ModelResponse()
        ModelResponseStream(choices=[])
        Delta()
    return Library(
        config=lambda model, provider: ProviderConfigManager.get_provider_chat_config(
            model, LlmProviders(provider)
        ),
        anthropic_chunks=AnthropicChunks,
        anthropic_names=ANTHROPIC_TOOL_NAME_REVERSE_MAP_KEY,
        gemini_body=transform_request_body,
        gemini_chunks=ModelResponseIterator,
        bedrock_chunks=AWSEventStreamDecoder,
        reply=ModelResponse,
        response=httpx.Response,
        event_stream=botocore.eventstream.EventStreamBuffer,
        broken_frame=botocore.eventstream.ParserError,
    )


def _silence(litellm: Any) -> None:
    """Switch off telemetry, callbacks and logging, which would hold prompts (T31)."""
    litellm.telemetry = False
    litellm.suppress_debug_info = True
    litellm.set_verbose = False
    litellm.turn_off_message_logging = True
    litellm.drop_params = litellm.modify_params = False
    for name in ("callbacks", "input_callback", "success_callback", "failure_callback"):
        setattr(litellm, name, [])
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers = [logging.NullHandler()]
        logger.propagate, logger.disabled = False, True
