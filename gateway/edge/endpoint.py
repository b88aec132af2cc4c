"""One served operation as an ASGI application: guards, the pipeline, the reply, the client's disconnection."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import aclosing

from gateway.dialects.base import Dialect
from gateway.edge.guards import Headers, Message, Receive, Scope, Send, read_body
from gateway.edge.headers import reply_headers
from gateway.identity.credential import Peer
from gateway.inbound import Answer, Disconnected, Inbound
from gateway.pipeline import Pipeline
from gateway.settings.server import Limits


class Endpoint:
    """Serves one operation of one dialect.

    Args:
        pipeline: the stages.
        dialect: parses requests and frames replies.
        operation: the dialect's name of the operation, such as ``chat.completions``.
        limits: bounds on the request.
    """

    def __init__(
        self, pipeline: Pipeline, dialect: Dialect, operation: str, limits: Limits
    ) -> None:
        self._pipeline = pipeline
        self._dialect = dialect
        self._operation = operation
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; when the client disconnects, its work is cancelled at once."""
        body = _Body(scope["headers"], receive, self._limits)
        inbound = inbound_of(scope, self._dialect, self._operation, body.read)
        with self._pipeline.recorder.in_flight(), contextlib.suppress(Disconnected):
            await _cancel_on_disconnect(self._serve(inbound, send), body.disconnected())

    async def _serve(self, inbound: Inbound, send: Send) -> None:
        await send_answer(await self._pipeline.serve(inbound), send)


class _Body:
    """The body of one request, which is read when it is asked for, and what the client does after it.

    There is one stream of messages: only after the body can the disconnect be awaited.
    """

    def __init__(self, headers: Headers, receive: Receive, limits: Limits) -> None:
        self._headers = headers
        self._receive = receive
        self._limits = limits
        self._read = asyncio.Event()

    async def read(self) -> bytes:
        """The body; see ``guards.read_body``."""
        body = await read_body(self._headers, self._receive, self._limits)
        self._read.set()
        return body

    async def disconnected(self) -> None:
        """Wait until the client disconnects, which can be known only once the body was read."""
        await self._read.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass


async def no_body() -> bytes:
    """The body of a request whose method has none; one that is sent all the same is not read."""
    return b""


def inbound_of(
    scope: Scope,
    dialect: Dialect,
    operation: str,
    body: Callable[[], Awaitable[bytes]] = no_body,
) -> Inbound:
    """A request as the pipeline gets it: its headers and path, and how its body is read."""
    path = scope.get("path_params", {})
    return Inbound(
        request_id=new_request_id(),
        dialect=dialect,
        operation=operation,
        headers=scope["headers"],
        body=body,
        received=time.time(),
        model=path.get("model"),
        reply_id=path.get("reply", ""),
        peer=peer_of(scope),
    )


def new_request_id() -> str:
    """An id that can't be guessed: 128 random bits in hexadecimal."""
    return f"req_{secrets.token_hex(16)}"


def peer_of(scope: Scope) -> Peer:
    """The other end of the connection, as the server reports it."""
    client = scope.get("client")
    chain = scope.get("extensions", {}).get("tls", {}).get("client_cert_chain", ())
    # The client's own certificate is the first of the chain (ASGI TLS extension).
    return Peer(address=str(client[0]) if client else "", certificate=next(iter(chain), None))


async def send_answer(answer: Answer, send: Send) -> None:
    """Send a reply, whole or frame by frame."""
    if isinstance(answer.body, bytes):
        await send_whole(answer.body, answer, send)
    else:
        await _send_frames(answer.body, answer, send)


async def send_whole(body: bytes, answer: Answer, send: Send) -> None:
    """Send a reply whose body is known."""
    head = _head(answer)
    head["headers"].append((b"content-length", str(len(body)).encode()))
    await send(head)
    await send({"type": "http.response.body", "body": body})


async def _send_frames(frames: AsyncGenerator[bytes, None], answer: Answer, send: Send) -> None:
    head = _head(answer)
    head["headers"].append((b"cache-control", b"no-store"))
    # Closed even if sending fails: the upstream call and its slot end with the generator.
    async with aclosing(frames):
        await send(head)
        async for frame in frames:
            await send({"type": "http.response.body", "body": frame, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def _head(answer: Answer) -> Message:
    headers = [
        (b"content-type", answer.media_type.encode()),
        *reply_headers(answer.exchange, answer.error),
    ]
    return {"type": "http.response.start", "status": answer.status, "headers": headers}


async def _cancel_on_disconnect(
    work: Coroutine[None, None, None], disconnected: Coroutine[None, None, None]
) -> None:
    """Run ``work``, and cancel it when the client disconnects."""
    task = asyncio.get_running_loop().create_task(work)
    gone = asyncio.ensure_future(disconnected)
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        gone.cancel()
        left = not task.done() and task.cancel()
        # Also when it was cancelled: the work records its end and releases
        # its slot before this returns.
        await asyncio.wait({task, gone})
    # A fault that came before the cancellation is raised all the same.
    if not (left and task.cancelled()):
        task.result()
