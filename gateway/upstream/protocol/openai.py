"""The adapter for servers with OpenAI's API (vLLM, SGLang, llama.cpp, Ollama, Azure …): nothing is translated."""

from collections.abc import Mapping
from typing import Final

from gateway.policy.decide.permit import Cleared
from gateway.settings.deployments import DeploymentSettings
from gateway.types import Form, Json
from gateway.upstream.protocol.adapter import ProviderAdapter, ProviderRequest, StreamReader
from gateway.upstream.protocol.events import EventReader
from gateway.upstream.protocol.presets import with_preset
from gateway.upstream.protocol.routers import (
    ProviderRefusal,
    check_provider_claim,
    check_providers,
    router_preferences,
)

_PATHS: Final[dict[Form, str]] = {
    "chat.completions": "/chat/completions",
    "completions": "/completions",
    "embeddings": "/embeddings",
}


class OpenAIAdapter(ProviderAdapter):
    """The adapter for deployments of kind ``openai``.

    Args:
        settings: of the deployment.
        provider_refusal: why policy refuses a provider that a router may choose; called for each request and each document of a reply.
    """

    def __init__(self, settings: DeploymentSettings, provider_refusal: ProviderRefusal) -> None:
        self._settings = settings
        self._refusal = provider_refusal

    def prepare(self) -> None:
        """Nothing needs to be loaded."""

    def build_request(self, cleared: Cleared) -> ProviderRequest:
        call = cleared.call
        document = with_preset(call.neutral, self._settings.preset)
        document["model"] = cleared.deployment.model
        if call.stream:
            document |= {"stream": True, "stream_options": {"include_usage": True}}
        if self._settings.providers:
            check_providers(self._settings.providers, self._refusal)
            document["provider"] = router_preferences(self._settings.providers)
        return ProviderRequest(
            path=_PATHS[call.form],
            document=document,
            form=call.form,
            reader=StreamReader(
                EventReader(call.form, self._check_claim if self._settings.providers else None)
            ),
            media_type="text/event-stream" if call.stream else "application/json",
        )

    def _check_claim(self, claimed: Json) -> None:
        check_provider_claim(claimed, self._settings.providers, self._refusal)

    def headers(self, key: str | None) -> Mapping[str, str]:
        return {} if key is None else {"authorization": f"Bearer {key}"}
