"""Deployments that speak the OpenAI API: vLLM, SGLang, llama.cpp, Ollama and the rest, over the guarded connector."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
import orjson

from gateway import __version__
from gateway.destination import destination
from gateway.errors import UpstreamError, UpstreamFailed, UpstreamTimeout
from gateway.settings.deployments import DeploymentSettings, Probe
from gateway.types import Cleared, Event, Form, Start, Vault
from gateway.upstream.credential import Credential
from gateway.upstream.egress import GuardedConnector, guarded_session, tls_context
from gateway.upstream.events import EventReader
from gateway.upstream.failures import failure
from gateway.upstream.patience import Patience
from gateway.upstream.probe import probe_fault
from gateway.upstream.resolver import RefusedHost
from gateway.upstream.routers import router_preferences
from gateway.upstream.sse import SseParser

_PATHS: Final[dict[Form, str]] = {
    "chat.completions": "/chat/completions",
    "completions": "/completions",
    "embeddings": "/embeddings",
}
_LONGEST_REPLY = 32 << 20


class OpenAIUpstream:
    """One deployment of kind ``openai``.

    Args:
        name: the deployment's name.
        settings: where it is and how long it may take.
        wire_check: the last look at the bytes that leave; raises to refuse them.
        refused_host: policy's word on a host name.
    """

    def __init__(
        self,
        name: str,
        settings: DeploymentSettings,
        *,
        wire_check: Callable[[Vault, bytes], None],
        refused_host: RefusedHost,
    ) -> None:
        self.name = name
        self._settings = settings
        self._to = destination(settings.base_url)
        self._wire_check = wire_check
        self._refused_host = refused_host
        self._credential = Credential(settings.api_key_file)
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open the session. No connection is made before the first call."""
        connector = GuardedConnector(
            self._to,
            reach=self._settings.reach,
            refused_host=self._refused_host,
            tls=tls_context(self._settings),
            proxy=self._settings.proxy,
            pins=self._settings.spki_pins,
        )
        self._session = guarded_session(connector, self._settings.timeouts)

    async def close(self) -> None:
        """Close the session and its connections."""
        if self._session is not None:
            await self._session.close()

    async def send(self, cleared: Cleared) -> AsyncGenerator[Sequence[Event], None]:
        """Send a cleared call and give the events of its reply, as many at a time as came.

        Closing the generator closes the connection at once, which is how servers learn to stop.

        Raises:
            RedactionFailed: the wire check found a value; nothing was sent.
            AddressRefused: the connector refused the destination; nothing was sent.
            UpstreamFailed, UpstreamTimeout: ``fallback`` is true only before the first event.
        """
        body = self._body(cleared)
        self._wire_check(cleared.vault, body)
        stream, begun = cleared.call.stream, False
        timeouts = self._settings.timeouts
        now = asyncio.get_running_loop().time()
        end = now + timeouts.total
        first = min(now + (timeouts.first_event if stream else timeouts.whole_reply), end)
        try:
            async with self._post(body, cleared.call.form, first, stream=stream) as response:
                batches = _streamed if stream else _whole
                with Patience(response.content, first) as patience:
                    async for batch in batches(response.content, EventReader(cleared.call.form)):
                        begun = True
                        patience.rest()
                        yield batch
                        patience.renew(timeouts.between_events, end)
        except UpstreamError as error:
            error.fallback = error.fallback and not begun
            raise
        except TimeoutError:
            raise UpstreamTimeout(
                "The model server did not answer in time.", fallback=not begun
            ) from None
        except (aiohttp.ClientError, OSError):
            raise UpstreamFailed("The model server broke off.", fallback=not begun) from None

    async def probe(self, probe: Probe) -> str:
        """What is wrong with the deployment, or ``""``; asked over the same guarded session."""
        if self._session is None:
            raise RuntimeError("the upstream was not started")
        try:
            async with asyncio.timeout(probe.timeout):
                return await probe_fault(
                    self._session,
                    self._to,
                    probe,
                    model=self._settings.model,
                    headers=self._headers(stream=False),
                    proxy=self._settings.proxy,
                )
        except TimeoutError:
            return "timeout"
        except (aiohttp.ClientError, OSError, UpstreamError) as error:
            return type(error).__name__

    def _body(self, cleared: Cleared) -> bytes:
        document = {**cleared.call.neutral, "model": cleared.deployment.model}
        if cleared.call.stream:
            document |= {"stream": True, "stream_options": {"include_usage": True}}
        if self._settings.providers:
            document["provider"] = router_preferences(self._settings.providers)
        return orjson.dumps(document)

    @asynccontextmanager
    async def _post(
        self, body: bytes, form: Form, deadline: float, *, stream: bool
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        if self._session is None:
            raise RuntimeError("the upstream was not started")
        async with asyncio.timeout_at(deadline):
            response = await self._session.post(
                f"{self._to.origin}{self._to.path}{_PATHS[form]}",
                data=body,
                headers=self._headers(stream=stream),
                allow_redirects=False,
                proxy=self._settings.proxy,
            )
        try:
            if response.status != 200:
                async with asyncio.timeout_at(deadline):
                    raise await failure(response)
            _check(response, stream=stream)
            yield response
        finally:
            response.close()

    def _headers(self, *, stream: bool) -> dict[str, str]:
        """The gateway's own headers; none of the caller's is ever sent."""
        headers = {
            "content-type": "application/json",
            "accept": "text/event-stream" if stream else "application/json",
            "accept-encoding": "identity",
            "user-agent": f"sekisho/{__version__}",
        }
        key = self._credential.read()
        return headers if key is None else {**headers, "authorization": f"Bearer {key}"}


def _check(response: aiohttp.ClientResponse, *, stream: bool) -> None:
    """Refuse all but a plain reply of the kind that was asked for."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise UpstreamFailed("The model server compressed its reply unasked.", fallback=True)
    expected = "text/event-stream" if stream else "application/json"
    if response.content_type != expected:
        raise UpstreamFailed("The model server sent another kind of reply.", fallback=True)


async def _whole(
    content: aiohttp.StreamReader, reader: EventReader
) -> AsyncGenerator[Sequence[Event], None]:
    body = bytearray()
    while chunk := await content.readany():
        body += chunk
        if len(body) > _LONGEST_REPLY:
            raise UpstreamFailed("The model server's reply is too large.", fallback=False)
    yield reader.read(bytes(body), "message")


async def _streamed(
    content: aiohttp.StreamReader, reader: EventReader
) -> AsyncGenerator[Sequence[Event], None]:
    """Events, as many at a time as came; the start is held until something follows.

    Servers send it before they have begun to think, and what failed before the first word may be tried elsewhere.
    """
    parser = SseParser()
    batch: list[Event] = []
    while chunk := await content.readany():
        try:
            ended = _read(parser.feed(chunk), reader, batch)
        except UpstreamFailed:
            if _has_begun(batch):  # what came before the fault was said, however the bytes arrived
                yield batch
            raise
        if _has_begun(batch) or (ended and batch):
            yield batch
            batch = []
        if ended:
            return
    if not reader.finished:
        raise UpstreamFailed("The model server's reply was cut off.", fallback=True)


def _has_begun(batch: Sequence[Event]) -> bool:
    return bool(batch) and not isinstance(batch[-1], Start)


def _read(documents: list[bytes], reader: EventReader, batch: list[Event]) -> bool:
    """Add the events of these documents; whether the stream said that it is over."""
    for data in documents:
        if data == b"[DONE]":
            return True
        batch += reader.read(data, "delta")
    return False
