"""Sends cleared calls to deployments of every kind, over the guarded connector; what is said there is their ``ProviderAdapter``'s."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import aiohttp
import orjson

from gateway import __version__, timeouts
from gateway.errors import UpstreamError, UpstreamFailed, UpstreamTimeout
from gateway.policy.decide.permit import Cleared
from gateway.settings.deployments import DeploymentSettings, Probe
from gateway.text.destination import destination
from gateway.types import Event, Json, Start, Vault
from gateway.upstream.protocol.adapter import ProviderAdapter, ProviderRequest, Reader
from gateway.upstream.protocol.failures import error_from_response
from gateway.upstream.protocol.observer import DeploymentObserver
from gateway.upstream.protocol.probe import probe_fault
from gateway.upstream.transport.connector import (
    GuardedConnector,
    ServerKeyCheck,
    guarded_session,
    tls_context,
)
from gateway.upstream.transport.credential import Credential
from gateway.upstream.transport.read_timeout import ReadTimeout
from gateway.upstream.transport.resolver import HostRefusal

_MAX_REPLY_BYTES = 32 << 20
_FIRST_READ_BYTES = 4096


class HttpUpstream:
    """One deployment.

    Args:
        name: the deployment's name.
        settings: where it is and how long it may take.
        adapter: how it is talked to.
        wire_check: the last look at the bytes that leave; raises to refuse them.
        host_refusal: policy's word on a host name.
        check_server_key: what else is asked of the server's public key.
    """

    def __init__(
        self,
        name: str,
        settings: DeploymentSettings,
        adapter: ProviderAdapter,
        *,
        wire_check: Callable[[Vault, bytes], None],
        host_refusal: HostRefusal,
        check_server_key: ServerKeyCheck | None = None,
    ) -> None:
        self.name = name
        self._settings = settings
        self._adapter = adapter
        self._destination = destination(settings.base_url)
        self._wire_check = wire_check
        self._refused_host = host_refusal
        self._check_server_key = check_server_key
        self._credential = Credential(settings.api_key_file)
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open the session. No connection is made before the first call."""
        self._adapter.prepare()
        connector = GuardedConnector(
            self._destination,
            reach=self._settings.reach,
            host_refusal=self._refused_host,
            tls=tls_context(self._settings),
            proxy=self._settings.proxy,
            pins=self._settings.spki_pins,
            check_server_key=self._check_server_key,
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
        build_request = self._adapter.build_request(cleared)
        self._wire_check(cleared.vault, build_request.body)
        stream, begun = cleared.call.stream, False
        timeouts = self._settings.timeouts
        now = asyncio.get_running_loop().time()
        end = now + timeouts.total
        first = min(now + (timeouts.first_event if stream else timeouts.whole_reply), end)
        try:
            async with self._post(build_request, first) as response:
                batches = _streamed if stream else _whole
                with ReadTimeout(response.content, first) as read_timeout:
                    async for batch in batches(response.content, build_request.reader):
                        begun = True
                        read_timeout.pause()
                        yield batch
                        read_timeout.restart(timeouts.between_events, end)
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
                    self._destination,
                    probe,
                    model=self._settings.model,
                    headers=self._headers("application/json"),
                    proxy=self._settings.proxy,
                )
        except TimeoutError:
            return "timeout"
        except (aiohttp.ClientError, OSError, UpstreamError) as error:
            return type(error).__name__

    def observer(self) -> DeploymentObserver:
        """Asks the deployment what it is; asked over the same guarded session."""
        return DeploymentObserver(self._ask, self._destination.path, self._settings.model)

    async def _ask(self, path: str, document: Json | None) -> bytes:
        """The answer to a question of the gateway's own.

        Raises:
            UpstreamError: there is none.
        """
        if self._session is None:
            raise RuntimeError("the upstream was not started")
        try:
            async with asyncio.timeout(timeouts.UPSTREAM_QUERY):
                async with self._session.request(
                    "GET" if document is None else "POST",
                    f"{self._destination.origin}{path}",
                    data=None if document is None else orjson.dumps(document),
                    headers=self._headers("application/json"),
                    allow_redirects=False,
                    proxy=self._settings.proxy,
                ) as response:
                    if response.status != 200:
                        raise await error_from_response(response)
                    return await _bounded(response.content)
        except TimeoutError:
            raise UpstreamTimeout("The model server did not answer.", fallback=True) from None
        except (aiohttp.ClientError, OSError):
            raise UpstreamFailed("The model server can't be reached.", fallback=True) from None

    @asynccontextmanager
    async def _post(
        self, build_request: ProviderRequest, deadline: float
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        if self._session is None:
            raise RuntimeError("the upstream was not started")
        async with asyncio.timeout_at(deadline):
            response = await self._session.post(
                f"{self._destination.origin}{self._destination.path}{build_request.path}",
                data=build_request.body,
                headers=self._headers(build_request.media_type),
                allow_redirects=False,
                proxy=self._settings.proxy,
            )
        try:
            if response.status != 200:
                async with asyncio.timeout_at(deadline):
                    raise await error_from_response(response)
            _check(response, build_request.media_type)
            yield response
        finally:
            response.close()

    def _headers(self, media_type: str) -> dict[str, str]:
        """The gateway's own headers; none of the caller's is ever sent."""
        headers = {
            "content-type": "application/json",
            "accept": media_type,
            "accept-encoding": "identity",
            "user-agent": f"sekisho/{__version__}",
        }
        return {**headers, **self._adapter.headers(self._credential.read())}


def _check(response: aiohttp.ClientResponse, expected: str) -> None:
    """Refuse all but a plain reply of the kind that was asked for."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise UpstreamFailed("The model server compressed its reply unasked.", fallback=True)
    if response.content_type != expected:
        raise UpstreamFailed("The model server sent another kind of reply.", fallback=True)


async def _whole(
    content: aiohttp.StreamReader, reader: Reader
) -> AsyncGenerator[Sequence[Event], None]:
    yield reader.whole(await _bounded(content))


async def _bounded(content: aiohttp.StreamReader) -> bytes:
    body = bytearray()
    while chunk := await content.readany():
        body += chunk
        if len(body) > _MAX_REPLY_BYTES:
            raise UpstreamFailed("The model server's reply is too large.", fallback=False)
    return bytes(body)


async def _streamed(
    content: aiohttp.StreamReader, reader: Reader
) -> AsyncGenerator[Sequence[Event], None]:
    """Events, as many at a time as came; the start is held until something follows.

    Servers send it before they have begun to think, and what failed before the first word may be tried elsewhere.
    """
    batch: list[Event] = []
    async for chunk in _chunks(content):
        try:
            ended = reader.feed(chunk, batch)
        except UpstreamError:
            if _has_begun(batch):  # what came before the fault was said, however the bytes arrived
                yield batch
            raise
        if _has_begun(batch) or (ended and batch):
            yield batch
            batch = []
        if ended:
            break
    if batch := [*batch, *reader.end()]:
        yield batch


async def _chunks(content: aiohttp.StreamReader) -> AsyncGenerator[bytes, None]:
    """What has come, each time; the first of it in a small piece, so that the first words wait for no others."""
    if first := await content.read(_FIRST_READ_BYTES):
        yield first
    while chunk := await content.readany():
        yield chunk


def _has_begun(batch: Sequence[Event]) -> bool:
    return bool(batch) and not isinstance(batch[-1], Start)
