"""The protocol between the gateway and a detector process: frames of a length (four bytes, big-endian) and JSON.

Texts go over a socket pair, and are never on a command line or on disk.
"""

import asyncio
import socket
import struct
from collections.abc import Sequence
from typing import Any, Final, cast

import orjson

from gateway.detect.base import Passage, Span

_HEADER: Final = struct.Struct(">I")


def encode_job(passages: Sequence[Passage]) -> bytes:
    """The body of a job: a request for the spans of these passages."""
    return orjson.dumps([[p.text, p.key, p.languages] for p in passages])


def decode_job(body: bytes) -> list[Passage]:
    """The passages of a job."""
    return [
        Passage(text=text, key=key, languages=tuple(languages))
        for text, key, languages in orjson.loads(body)
    ]


def encode_spans(results: Sequence[Sequence[Span]]) -> bytes:
    """The body of the answer to a job."""
    return orjson.dumps(
        [[[s.start, s.end, s.entity, s.score, s.detector] for s in spans] for spans in results]
    )


def decode_spans(document: Any) -> list[tuple[Span, ...]]:
    """The spans of each passage, from the decoded body of an answer."""
    return [
        tuple(
            Span(start=start, end=end, entity=entity, score=score, detector=detector)
            for start, end, entity, score, detector in spans
        )
        for spans in document
    ]


def send(channel: socket.socket, body: bytes) -> None:
    """Send a frame; blocks until the socket has accepted it."""
    channel.sendall(_HEADER.pack(len(body)) + body)


def receive(channel: socket.socket) -> bytes | None:
    """Wait for a frame; ``None`` when the other side is closed."""
    header = _exactly(channel, _HEADER.size)
    return None if header is None else _exactly(channel, _HEADER.unpack(header)[0])


def _exactly(channel: socket.socket, size: int) -> bytes | None:
    received = bytearray()
    while len(received) < size:
        piece = channel.recv(size - len(received))
        if not piece:
            return None
        received += piece
    return bytes(received)


class Channel(asyncio.Protocol):
    """The gateway's end of a socket pair, on its event loop: one frame is awaited at a time.

    Attributes:
        closed: done once the other side is closed.
    """

    def __init__(self) -> None:
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._received = bytearray()
        self._awaited: asyncio.Future[bytes] | None = None
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def over(cls, end: socket.socket) -> "Channel":
        """The channel over this end of a pair, which it owns and closes."""
        loop = asyncio.get_running_loop()
        end.setblocking(False)
        return (await loop.create_connection(cls, sock=end))[1]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # a socket's transport is one

    def data_received(self, data: bytes) -> None:
        self._received += data
        self._deliver()

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set_result(None)
        self._deliver()

    async def request(self, body: bytes) -> Any:
        """Send a frame and wait for the answer's JSON.

        Raises:
            ConnectionError: the other side is closed.
            orjson.JSONDecodeError: the answer is no JSON.
        """
        if self._transport is not None:
            self._transport.write(_HEADER.pack(len(body)) + body)
        return await self.answer()

    async def answer(self) -> Any:
        """Wait for a frame's JSON; raises what ``request`` does."""
        self._awaited = asyncio.get_running_loop().create_future()
        self._deliver()
        return orjson.loads(await self._awaited)

    def close(self) -> None:
        """Close this end at once."""
        if self._transport is not None:
            self._transport.abort()

    def _deliver(self) -> None:
        if self._awaited is None or self._awaited.done():
            return
        end = _HEADER.size
        if len(self._received) >= end:
            end += _HEADER.unpack_from(self._received)[0]
            if len(self._received) >= end:
                self._awaited.set_result(bytes(self._received[_HEADER.size : end]))
                del self._received[:end]
                return
        # Last: the other side may have sent a whole frame before it closed.
        if self.closed.done():
            self._awaited.set_exception(ConnectionResetError("the other side is closed"))
