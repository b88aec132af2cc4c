"""Sends cleared calls to a deployment over the guarded connector. The deployment's ``ProviderAdapter`` knows its protocol."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
import orjson

from gateway import __version__, timeouts
from gateway.errors import UpstreamError, UpstreamFailed
from gateway.policy.decide.permit import Cleared
from gateway.settings.deployments import DeploymentSettings, Probe
from gateway.text.destination import destination
from gateway.threads import TextThreads
from gateway.types import Event, Json, Start
from gateway.upstream.protocol.adapter import (
    CheckedRequest,
    ProviderAdapter,
    Reader,
    WireCheck,
)
from gateway.upstream.protocol.failures import error_from_response
from gateway.upstream.protocol.observer import DeploymentObserver
from gateway.upstream.protocol.probe import probe_fault
from gateway.upstream.transport.causes import connection_error
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
        settings: its address and time-outs.
        adapter: builds the request and reads the reply.
        wire_check: checks the document that is about to be sent; raises to refuse it.
        host_refusal: why policy refuses a host name, if it does.
        check_server_key: why nothing may be sent to a server with some public key.
        threads: for the wire check of large documents.
    """

    def __init__(
        self,
        name: str,
        settings: DeploymentSettings,
        adapter: ProviderAdapter,
        *,
        wire_check: WireCheck,
        host_refusal: HostRefusal,
        check_server_key: ServerKeyCheck | None = None,
        threads: TextThreads | None = None,
    ) -> None:
        self.name = name
        self._threads = threads or TextThreads()
        self._settings = settings
        self._adapter = adapter
        self._destination = destination(settings.base_url)
        self._wire_check = wire_check
        self._host_refusal = host_refusal
        self._check_server_key = check_server_key
        self._credential = Credential(settings.api_key_file)
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open the session. No connection is made before the first call."""
        self._adapter.prepare()
        connector = GuardedConnector(
            self._destination,
            reach=self._settings.reach,
            host_refusal=self._host_refusal,
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
        """Send a cleared call and yield the events of its reply, in batches as they arrive.

        Closing the generator closes the connection at once, which makes the server stop generating.

        Raises:
            RedactionFailed: the wire check found a value; nothing was sent.
            AddressRefused: the connector refused the destination; nothing was sent.
            UpstreamFailed, UpstreamTimeout: ``fallback`` is true only before the first event.
        """
        built = self._adapter.build_request(cleared)
        request = await self._threads.run(
            cleared.call.characters,
            lambda: CheckedRequest(built, cleared.vault, self._wire_check),
        )
        stream, begun = cleared.call.stream, False
        limits = self._settings.timeouts
        now = asyncio.get_running_loop().time()
        end = now + limits.total
        first = min(now + (limits.first_event if stream else limits.whole_reply), end)
        try:
            async with self._post(request, first) as response:
                batches = _streamed if stream else _whole
                with ReadTimeout(response.content, first) as read_timeout:
                    async for batch in batches(response.content, request.reader):
                        begun = True
                        # The time that the caller takes to read is not the server's.
                        read_timeout.pause()
                        yield batch
                        read_timeout.restart(limits.between_events, end)
        except UpstreamError as error:
            # Once the caller has seen an event, another deployment can't continue the reply.
            error.fallback = error.fallback and not begun
            raise
        except (aiohttp.ClientError, OSError) as error:
            raise connection_error(error, fallback=not begun) from None

    async def probe(self, probe: Probe) -> str:
        """What is wrong with the deployment, or ``""``; it is probed over the same guarded session."""
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
        """Queries what the deployment reports about itself, over the same guarded session."""
        return DeploymentObserver(self._query, self._destination.path, self._settings.model)

    async def _query(self, path: str, document: Json | None) -> bytes:
        """The answer to one of the gateway's own queries.

        Raises:
            UpstreamError: the server did not answer with 200.
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
        except (aiohttp.ClientError, OSError) as error:
            raise connection_error(error, fallback=True) from None

    @asynccontextmanager
    async def _post(
        self, request: CheckedRequest, deadline: float
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        if self._session is None:
            raise RuntimeError("the upstream was not started")
        async with asyncio.timeout_at(deadline):
            response = await self._session.post(
                f"{self._destination.origin}{self._destination.path}{request.path}",
                data=request.body,
                headers=self._headers(request.media_type),
                # A redirect could lead past the destination that policy permitted.
                allow_redirects=False,
                proxy=self._settings.proxy,
            )
        try:
            if response.status != 200:
                async with asyncio.timeout_at(deadline):
                    raise await error_from_response(response)
            _check(response, request.media_type)
            yield response
        finally:
            # Not ``release``: the rest of an unfinished reply must not be read.
            response.close()

    def _headers(self, media_type: str) -> dict[str, str]:
        """The gateway's own headers; none of the caller's headers is ever sent."""
        headers = {
            "content-type": "application/json",
            "accept": media_type,
            "accept-encoding": "identity",
            "user-agent": f"sekisho/{__version__}",
        }
        return {**headers, **self._adapter.headers(self._credential.read())}


def _check(response: aiohttp.ClientResponse, expected: str) -> None:
    """Refuse a reply that is compressed, or has another content type than was requested."""
    # A small compressed body can expand to any size.
    if response.headers.get("content-encoding", "identity") != "identity":
        raise UpstreamFailed(
            "The model server compressed its reply, which was not requested.", fallback=True
        )
    if response.content_type != expected:
        raise UpstreamFailed("The model server sent an unexpected content type.", fallback=True)


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
    """Events in batches as they arrive; the start is held until another event follows.

    Servers send the start before they generate anything, and a failure before the first text may still be tried elsewhere.
    """
    batch: list[Event] = []
    async for chunk in _chunks(content):
        try:
            ended = reader.feed(chunk, batch)
        except UpstreamError:
            # Events before the fault are delivered, so that the outcome does not depend on how the bytes were split.
            if _has_begun(batch):
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
    """The received bytes. The first read is small, so that the first text is delivered without waiting for more."""
    if first := await content.read(_FIRST_READ_BYTES):
        yield first
    while chunk := await content.readany():
        yield chunk


def _has_begun(batch: Sequence[Event]) -> bool:
    """Whether the batch holds more than the start of a reply."""
    return bool(batch) and not isinstance(batch[-1], Start)
