"""A proxy that records every byte it forwards: what the model actually received, and what it answered."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Self

import aiohttp
from aiohttp import web

# Headers of one connection (RFC 9110, section 7.6.1), and those that aiohttp sets itself.
_HOP_BY_HOP = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "keep-alive", "upgrade", "te"}
)


@dataclass(slots=True, kw_only=True)
class RecordedRequest:
    """One request as received, and its reply."""

    path: str
    headers: dict[str, str]
    request_body: bytes = field(repr=False)
    reply_body: bytes = field(default=b"", repr=False)


class RecordingProxy:
    """Listens on loopback and forwards to ``target``, streaming without buffering.

    Args:
        target: base URL of the model server, such as ``http://127.0.0.1:8000/v1``.
        rewrite: changes the request after it was recorded.
    """

    def __init__(self, target: str, *, rewrite: Callable[[bytes], bytes] | None = None) -> None:
        self.exchanges: list[RecordedRequest] = []
        self.base_url = ""
        self._captured: asyncio.Queue[RecordedRequest] = asyncio.Queue()
        self._target = target.rstrip("/")
        self._rewrite = rewrite or (lambda body: body)

    async def __aenter__(self) -> Self:
        # Bytes as they are.
        self._session = aiohttp.ClientSession(auto_decompress=False, trust_env=False)
        app = web.Application(client_max_size=64 << 20)
        app.router.add_route("*", "/v1/{path:.*}", self._relay)
        self._runner = web.AppRunner(app, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        await self._session.close()

    async def following(self) -> AsyncGenerator[RecordedRequest, None]:
        """Each request from now on, as it arrives. Never ends."""
        while not self._captured.empty():
            self._captured.get_nowait()
        while True:
            yield await self._captured.get()

    @property
    def received(self) -> bytes:
        """Everything received so far: paths, headers and bodies."""
        return b"\n".join(
            f"{captured.path} {captured.headers}\n".encode() + captured.request_body
            for captured in self.exchanges
        )

    @property
    def bytes_received(self) -> int:
        """How many bytes were received so far."""
        return len(self.received)

    async def _relay(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        captured = RecordedRequest(
            path=request.path_qs, headers=dict(request.headers), request_body=body
        )
        self.exchanges.append(captured)
        self._captured.put_nowait(captured)
        async with self._session.request(
            request.method,
            f"{self._target}/{request.match_info['path']}",
            # Changed after it was recorded: the recording is what the gateway sent.
            data=self._rewrite(body) if body else None,
            headers={k: v for k, v in request.headers.items() if k.lower() not in _HOP_BY_HOP},
        ) as answer:
            headers = {k: v for k, v in answer.headers.items() if k.lower() not in _HOP_BY_HOP}
            reply = web.StreamResponse(status=answer.status, headers=headers)
            await reply.prepare(request)
            async for chunk in answer.content.iter_any():
                captured.reply_body += chunk
                await reply.write(chunk)
            await reply.write_eof()
            return reply
