"""Connections of strangers, over real sockets: what they can send and hold is bounded."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from fastapi import FastAPI
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway.settings.server import Limits, Listen
from tests.parts.gateways import KEY, hosting, serving

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
HEAD = b"POST / HTTP/1.1\r\nhost: a\r\n"
LARGE = 8 * 1024 * 1024


class App:
    """Answers with the headers it saw; ``/large`` with eight megabytes, ``/slow`` after a moment, ``/refused`` unread."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        if scope["path"] != "/refused":
            while (await receive()).get("more_body"):
                pass
        if scope["path"] == "/slow":
            await asyncio.sleep(0.4)
        body = b"x" * LARGE if scope["path"] == "/large" else b"ok"
        headers = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class Host:
    """A port, and what was closed on it."""

    def __init__(self, port: int, app: App, closed: "Counter[str]") -> None:
        self.port = port
        self.app = app
        self.closed = closed
        self._opened: list[asyncio.StreamWriter] = []

    async def open(self) -> Connection:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**16)
        self._opened.append(writer)
        return reader, writer

    async def close(self) -> None:
        """Close every connection that was opened, whatever became of it."""
        for writer in self._opened:
            writer.transport.abort()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


@asynccontextmanager
async def host(**limits: Any) -> AsyncIterator[Host]:
    app, closed = App(), Counter[str]()
    wrapped = FastAPI()
    wrapped.router.routes.append(Route("/{path:path}", app))
    bounds = Limits.model_validate(limits)
    async with hosting(wrapped, Listen(), bounds, lambda reason: closed.update([reason])) as url:
        served = Host(int(url.rpartition(":")[2]), app, closed)
        try:
            yield served
        finally:
            await served.close()


async def until_closed(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(10):
        try:
            return await reader.read()
        except ConnectionError:
            return b""


async def flood(writer: asyncio.StreamWriter, piece: bytes, most: int) -> int:
    """Send until the other end closes; how many bytes were taken."""
    sent = 0
    try:
        while sent < most:
            writer.write(piece)
            await writer.drain()
            sent += len(piece)
            await asyncio.sleep(0)
    except ConnectionError:
        pass
    return sent


async def request(connection: Connection, raw: bytes) -> bytes:
    """The first bytes of the answer, up to its end of headers."""
    reader, writer = connection
    writer.write(raw)
    async with asyncio.timeout(10):
        return await reader.readuntil(b"\r\n\r\n")


@pytest.mark.parametrize(
    "endless",
    [
        b"POST /" + b"a" * 4000,
        HEAD + b"x: ",
        HEAD + b"x-one: 1\r\n",
        HEAD + b"cookie",
    ],
    ids=["line", "value", "fields", "name"],
)
async def test_B17_a_head_without_end_is_refused(endless: bytes) -> None:
    async with host(header_bytes=8192) as served:
        reader, writer = await served.open()
        writer.write(endless)
        filler = b"x-more: 1\r\n" if endless.endswith(b"\n") else b"a"
        sent = await flood(writer, filler * 1000, 150 * 1024 * 1024)
        answer = await until_closed(reader)
        assert sent < LARGE
        assert not answer or answer.startswith(b"HTTP/1.1 431 ")
        assert served.closed == {"header_bytes": 1}
        assert served.app.scopes == []


async def test_B17_a_refusal_says_what_the_limit_is() -> None:
    async with host(header_bytes=8192) as served:
        reader, writer = await served.open()
        writer.write(HEAD + b"x: " + b"a" * 9000)
        head, _, body = (await until_closed(reader)).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
        error = orjson.loads(body)["error"]
        assert error["code"] == "headers_too_large"
        assert "8192 bytes" in error["message"]


@pytest.mark.parametrize(
    "framing", [b"1;" + b"e" * 5000, b"0\r\nx: " + b"t" * 5000, b"0\r\n" + b"x: 1\r\n" * 900]
)
async def test_B17_framing_and_trailers_without_end_are_refused(framing: bytes) -> None:
    async with host(header_bytes=8192) as served:
        _, writer = await served.open()
        writer.write(HEAD + b"transfer-encoding: chunked\r\n\r\n" + framing)
        filler = b"x: 1\r\n" if framing.endswith(b"\n") else b"t"
        assert await flood(writer, filler * 1000, 150 * 1024 * 1024) < LARGE
        assert served.closed == {"header_bytes": 1}


async def test_B17_bodies_in_small_chunks_and_many_requests_are_ordinary() -> None:
    async with host(header_bytes=4096) as served:
        connection = await served.open()
        chunks = b"1\r\na\r\n" * 20_000 + b"0\r\n\r\n"
        for _ in range(3):
            answer = await request(
                connection, HEAD + b"transfer-encoding: chunked\r\n\r\n" + chunks
            )
            assert answer.startswith(b"HTTP/1.1 200 ")
            await connection[0].readexactly(2)
        pipelined = b"GET / HTTP/1.1\r\nhost: a\r\nx: " + b"p" * 1000 + b"\r\n\r\n"
        connection[1].write(pipelined * 20)
        for _ in range(20):
            assert (await connection[0].readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
            await connection[0].readexactly(2)
        assert not served.closed


@pytest.mark.parametrize("sent", [b"", b"P", HEAD, HEAD + b"x: a\r\n", b"\r\n"])
async def test_B17_a_head_that_does_not_come_ends_the_connection(sent: bytes) -> None:
    async with host(header_seconds=0.2) as served:
        reader, writer = await served.open()
        writer.write(sent)
        answer = await until_closed(reader)
        assert answer.startswith(b"HTTP/1.1 408 ") if sent else answer == b""
        assert served.app.scopes == []


async def test_B17_a_head_that_trickles_has_no_more_time() -> None:
    async with host(header_seconds=0.3) as served:
        reader, writer = await served.open()
        ended = asyncio.ensure_future(until_closed(reader))
        while not ended.done():
            writer.write(b"P" if writer.transport.get_write_buffer_size() else b"x")
            await asyncio.sleep(0.02)
        assert served.closed["header_time"] + served.closed["header_bytes"] <= 1
        assert served.app.scopes == []


async def test_B17_a_slow_reply_is_not_a_slow_request() -> None:
    async with host(header_seconds=0.1) as served:
        connection = await served.open()
        answer = await request(connection, b"GET /slow HTTP/1.1\r\nhost: a\r\n\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert not served.closed


async def test_B17_an_idle_connection_is_closed() -> None:
    async with host(idle_seconds=0.2) as served:
        connection = await served.open()
        await request(connection, b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        assert await until_closed(connection[0]) == b"ok"


async def test_B17_connections_beyond_the_limit_are_closed_and_the_others_served() -> None:
    async with host(connections=5) as served:
        held = [await served.open() for _ in range(5)]
        # Both sides of the handshake: the kernel connects before the server has seen it.
        first = await request(held[0], b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        assert first.startswith(b"HTTP/1.1 200 ")
        for _ in range(3):
            reader, _ = await served.open()
            assert await until_closed(reader) == b""
        assert served.closed == {"connections": 3}
        held[1][1].close()
        await held[1][1].wait_closed()
        await asyncio.sleep(0.1)
        answer = await request(await served.open(), b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("field", [b"authorization", b"x-forwarded-client-cert", b"x-api-key"])
async def test_B30_trailer_fields_are_no_header_fields(field: bytes) -> None:
    async with host() as served:
        raw = (
            HEAD
            + b"transfer-encoding: chunked\r\ntrailer: "
            + field
            + b"\r\n\r\n2\r\n{}\r\n0\r\n"
            + field
            + b": secret\r\n\r\n"
        )
        answer = await request(await served.open(), raw)
        assert answer.startswith(b"HTTP/1.1 200 ")
        (scope,) = served.app.scopes
        assert field not in dict(scope["headers"])


async def test_B30_a_credential_in_a_trailer_is_none(tmp_path: Path) -> None:
    async with serving(tmp_path) as running:
        port = int(running.url.rpartition(":")[2])
        raw = (
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
            b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nauthorization: Bearer "
            + KEY.encode()
            + b"\r\n\r\n"
        )
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answer = await request((reader, writer), raw)
        assert answer.startswith(b"HTTP/1.1 401 ")
        writer.close()
        await writer.wait_closed()


async def test_B18_the_rest_of_a_refused_body_is_dropped_within_bounds() -> None:
    async with host(body_bytes=65536) as served:
        reader, writer = await served.open()
        writer.write(b"POST /refused HTTP/1.1\r\nhost: a\r\ncontent-length: 50000000\r\n\r\n")
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert await flood(writer, b"b" * 16384, 50_000_000) < 20_000_000
        assert served.closed == {"body_bytes": 1}


async def test_B18_the_rest_of_a_refused_body_must_come_in_time() -> None:
    async with host(body_seconds=0.2) as served:
        reader, writer = await served.open()
        writer.write(b"POST /refused HTTP/1.1\r\nhost: a\r\ncontent-length: 500\r\n\r\nbb")
        assert (await until_closed(reader)).endswith(b"ok")
        assert served.closed == {"body_time": 1}


async def test_B18_after_a_refused_body_that_comes_in_time_the_connection_is_used_again() -> None:
    async with host(body_seconds=0.5) as served:
        connection = await served.open()
        begun = b"POST /refused HTTP/1.1\r\nhost: a\r\ncontent-length: 500\r\n\r\n"
        assert (await request(connection, begun)).startswith(b"HTTP/1.1 200 ")
        await connection[0].readexactly(2)
        connection[1].write(b"b" * 500)
        for _ in range(2):
            answer = await request(connection, b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 200 ")
            await connection[0].readexactly(2)
            await asyncio.sleep(0.4)
        assert not served.closed


@pytest.mark.parametrize("close", [b"", b"connection: close\r\n"])
async def test_B19_a_client_that_does_not_read_is_closed(close: bytes) -> None:
    async with host(send_seconds=0.3) as served:
        _, writer = await served.open()
        writer.write(b"GET /large HTTP/1.1\r\nhost: a\r\n" + close + b"\r\n")
        async with asyncio.timeout(10):
            while not served.closed:
                await asyncio.sleep(0.05)
        assert served.closed == {"slow_reader": 1}


async def test_B19_a_client_that_reads_slowly_gets_everything() -> None:
    # A receiver's kernel reports room in steps of a part of its buffer, so that a sender sees pauses.
    async with host(send_seconds=1.0) as served:
        connection = await served.open()
        await request(connection, b"GET /large HTTP/1.1\r\nhost: a\r\n\r\n")
        received = 0
        while received < LARGE:
            received += len(piece := await connection[0].read(2**16))
            assert piece
            await asyncio.sleep(0.01)
        assert received == LARGE
        assert not served.closed


async def test_B19_no_client_may_take_for_ever() -> None:
    async with host(send_seconds=0.1, reply_seconds=0.5) as served:
        connection = await served.open()
        await request(connection, b"GET /large HTTP/1.1\r\nhost: a\r\n\r\n")
        received = 0
        while not served.closed:
            received += len(await connection[0].read(2**10))
            await asyncio.sleep(0.02)
        assert received < LARGE
        assert served.closed == {"slow_reader": 1}
