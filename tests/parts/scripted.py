"""The scripted upstream: a real HTTP server on loopback that replays recorded replies byte by byte.

It simulates vendors and their faults, never a part of the gateway.
"""

import asyncio
import json
import socket
import ssl
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class Script:
    """What the server plays for one request."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    chunks: tuple[bytes, ...] = ()
    pause: float = 0.0
    """Seconds before each chunk."""
    silence: bool = False
    """Read the request and never answer."""
    reset: bool = False
    """Read the request and reset the connection."""
    cut: bool = False
    """Close the connection after the chunks without ending the reply."""


@dataclass(frozen=True, kw_only=True)
class ReceivedRequest:
    """A request as it came in."""

    line: str
    headers: list[tuple[str, str]]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class ScriptedUpstream:
    """Plays a script for each request, the last one again and again; records what came in."""

    def __init__(
        self,
        *scripts: Script | Callable[[ReceivedRequest], Script],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.scripts = list(scripts)
        self._tls = tls
        self.requests: list[ReceivedRequest] = []
        self.connections = 0
        self.dropped = 0
        """Connections that the client closed before the script was over."""
        self.base_url = ""

    async def __aenter__(self) -> Self:
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        scheme = "http" if self._tls is None else "https"
        self.base_url = f"{scheme}://127.0.0.1:{self.port}/v1"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def received(self) -> bytes:
        """Every byte that came in."""
        return b"".join(
            f"{seen.line}\n{seen.headers}\n".encode() + seen.body for seen in self.requests
        )

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            await self._converse(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.dropped += 1
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            seen = await _read(head, reader)
            self.requests.append(seen)
            script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
            played = script if isinstance(script, Script) else script(seen)
            if played.reset:
                _reset(writer)
                return
            if not await self._play(played, reader, writer):
                return

    async def _play(
        self, script: Script, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        if script.silence:
            await self._until_dropped(reader)
            return False
        lines = [f"HTTP/1.1 {script.status} Scripted", "transfer-encoding: chunked"]
        lines += [f"{name}: {value}" for name, value in script.headers.items()]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        for chunk in script.chunks:
            if script.pause and await self._dropped_within(script.pause, reader):
                return False
            writer.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
            await writer.drain()
        if not script.cut:
            writer.write(b"0\r\n\r\n")
        await writer.drain()
        return not script.cut

    async def _until_dropped(self, reader: asyncio.StreamReader) -> None:
        await reader.read()
        self.dropped += 1

    async def _dropped_within(self, seconds: float, reader: asyncio.StreamReader) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._until_dropped(reader)
        except TimeoutError:
            return False
        return True


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST, as a process that dies with unread data does."""
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


async def _head(reader: asyncio.StreamReader) -> str:
    try:
        return (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return ""


async def _read(head: str, reader: asyncio.StreamReader) -> ReceivedRequest:
    line, *rest = head.strip().split("\r\n")
    headers = [(n.lower(), v.strip()) for n, _, v in (h.partition(":") for h in rest)]
    length = int(dict(headers).get("content-length", "0"))
    return ReceivedRequest(line=line, headers=headers, body=await reader.readexactly(length))


def completion(message: dict[str, Any], *, finish: str = "stop", **extra: Any) -> Script:
    """A whole chat completion with one choice."""
    document = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "upstream-model",
        "choices": [
            {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
        ],
        "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8},
        **extra,
    }
    return Script(chunks=(json.dumps(document).encode(),))


def chunk(
    delta: dict[str, Any], *, choice: int = 0, finish: str | None = None, **extra: Any
) -> bytes:
    """One server-sent event with a delta."""
    document = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "upstream-model",
        "choices": [{"index": choice, "delta": delta, "finish_reason": finish}],
        **extra,
    }
    return b"data: " + json.dumps(document, ensure_ascii=False).encode() + b"\n\n"


def stream(*deltas: dict[str, Any] | bytes, done: bool = True, **script: Any) -> Script:
    """A streamed completion of these deltas (bytes are sent as they are), ended properly when ``done``."""
    chunks = [delta if isinstance(delta, bytes) else chunk(delta) for delta in deltas]
    if done:
        chunks += [chunk({}, finish="stop"), b"data: [DONE]\n\n"]
    return Script(headers={"content-type": "text/event-stream"}, chunks=tuple(chunks), **script)


def words(text: str, size: int = 1) -> Iterable[dict[str, str]]:
    """Content deltas of ``size`` characters."""
    return ({"content": text[i : i + size]} for i in range(0, len(text), size))
