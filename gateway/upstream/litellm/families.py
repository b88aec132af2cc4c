"""The vendors whose APIs litellm translates: fixed paths, and one header for the credential."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from gateway.settings.deployments import FamilyName
from gateway.types import WireFormat

_SSE: Final = "text/event-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One vendor's API; ``provider`` is litellm's name for it.

    Paths are relative to the deployment's ``base_url``; ``{model}`` and ``{api_version}`` are the deployment's.
    """

    provider: str
    path: str
    stream_path: str
    key_header: str
    form: WireFormat = "chat.completions"
    """The format of its requests."""
    key_prefix: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    stream_type: str = _SSE
    stream_field: bool = True
    """Whether streaming is requested by a field of the document; otherwise by the path."""


def _google(provider: str, key_header: str, key_prefix: str = "") -> Family:
    return Family(
        provider=provider,
        path="/models/{model}:generateContent",
        stream_path="/models/{model}:streamGenerateContent?alt=sse",
        key_header=key_header,
        form="gemini",
        key_prefix=key_prefix,
        stream_field=False,
    )


_AZURE = "/deployments/{model}/chat/completions?api-version={api_version}"

FAMILIES: Final[Mapping[FamilyName, Family]] = {
    # https://docs.anthropic.com/en/api/messages
    "anthropic": Family(
        provider="anthropic",
        path="/messages",
        stream_path="/messages",
        key_header="x-api-key",
        form="anthropic",
        headers={"anthropic-version": "2023-06-01"},
    ),
    # https://ai.google.dev/api/generate-content
    "gemini": _google("gemini", "x-goog-api-key"),
    # https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference
    "vertex": _google("vertex_ai", "authorization", "Bearer "),
    # https://docs.mistral.ai/api/#tag/chat
    "mistral": Family(
        provider="mistral",
        path="/chat/completions",
        stream_path="/chat/completions",
        key_header="authorization",
        key_prefix="Bearer ",
    ),
    # https://learn.microsoft.com/azure/ai-foundry/openai/reference
    "azure": Family(provider="azure", path=_AZURE, stream_path=_AZURE, key_header="api-key"),
    # https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html, with a Bedrock API key
    "bedrock": Family(
        provider="bedrock",
        path="/model/{model}/converse",
        stream_path="/model/{model}/converse-stream",
        key_header="authorization",
        form="bedrock",
        key_prefix="Bearer ",
        stream_type="application/vnd.amazon.eventstream",
        stream_field=False,
    ),
}
