"""The adapter for deployments of kind ``litellm``: translates the request, adds the credential, and translates the reply."""

from collections.abc import Mapping
from urllib.parse import quote

from gateway.errors import UpstreamRejected
from gateway.policy.decide.permit import Cleared
from gateway.settings.deployments import DeploymentSettings
from gateway.upstream.litellm.families import FAMILIES
from gateway.upstream.litellm.library import Library, load
from gateway.upstream.litellm.reader import TranslatedReader
from gateway.upstream.litellm.translation import Translation
from gateway.upstream.protocol.adapter import ProviderAdapter, ProviderRequest
from gateway.upstream.protocol.presets import with_preset


class LitellmAdapter(ProviderAdapter):
    """The adapter for the API of one family.

    Args:
        settings: of a deployment whose family is enabled.
    """

    def __init__(self, settings: DeploymentSettings) -> None:
        if settings.family is None:
            raise ValueError("a deployment of kind litellm has a family")
        self._family = FAMILIES[settings.family]
        self._settings = settings
        self._library: Library | None = None

    def prepare(self) -> None:
        """Import litellm."""
        self._library = load()

    def build_request(self, cleared: Cleared) -> ProviderRequest:
        if self._library is None:
            raise RuntimeError("the upstream was not started")
        call, family = cleared.call, self._family
        if call.form != "chat.completions":
            raise UpstreamRejected("This deployment serves only chat.", fallback=True)
        neutral = with_preset(call.neutral, self._settings.preset)
        translation = Translation(
            self._library, family, self._settings.model, neutral, stream=call.stream
        )
        aws_frames = call.stream and family.stream_type != "text/event-stream"
        return ProviderRequest(
            path=self._path(family.stream_path if call.stream else family.path),
            document=translation.document,
            form=family.form,
            reader=TranslatedReader(
                translation,
                self._library.event_stream() if aws_frames else None,
                self._library.broken_frame,
            ),
            media_type=family.stream_type if call.stream else "application/json",
        )

    def headers(self, key: str | None) -> Mapping[str, str]:
        headers = dict(self._family.headers)
        if key is not None:
            headers[self._family.key_header] = f"{self._family.key_prefix}{key}"
        return headers

    def _path(self, pattern: str) -> str:
        settings = self._settings
        return pattern.format(
            model=quote(settings.model, safe=""), api_version=settings.api_version
        )
