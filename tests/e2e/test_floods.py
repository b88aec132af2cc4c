"""A gateway under floods of connections without a credential: bounded memory, and known callers are served."""

import asyncio
import contextlib
import os
from pathlib import Path

import aiohttp
import psutil

from tests.parts.commands import Process
from tests.parts.gateways import KEY
from tests.parts.scripted import ScriptedUpstream, completion

PROVE = os.environ.get("SEKISHO_PROVE") == "1"
HELD = 2000 if PROVE else 200
HEADER_BYTES = (500 if PROVE else 50) * 1024 * 1024
GROWTH = 96 * 1024 * 1024
"""What the memory of the process may grow by, in bytes. A tenth of the headers would be more, when all are sent."""
LATE = 60.0
"""Seconds after which a test fails, far more than the time-outs below."""


class Flooded(Process):
    """A gateway in a process of its own, and what it uses."""

    def __init__(self, folder: Path, base_url: str) -> None:
        limits = {"header_seconds": 3.0, "connections": HELD + 100}
        detect = {"processes": 1, "languages": ["ja"]}
        super().__init__(folder, base_url=base_url, limits=limits, detect=detect)

    @property
    def memory(self) -> int:
        return int(psutil.Process(self.process.pid).memory_info().rss)

    def connections(self) -> int:
        """Connections of clients, as the kernel counts them."""
        found = psutil.Process(self.process.pid).net_connections("tcp")
        return sum(each.laddr.port == self.port and each.status != "LISTEN" for each in found)

    async def ask(self) -> int:
        body = {"model": "deepseek-r1", "messages": [{"role": "user", "content": "hi"}]}
        headers = {"authorization": f"Bearer {KEY}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.post(f"{self.url}/v1/chat/completions", json=body) as reply,
        ):
            return reply.status


async def test_B17_idle_and_half_open_connections_end_and_known_callers_are_served(
    tmp_path: Path,
) -> None:
    async with (
        ScriptedUpstream(completion({"content": "ok"})) as upstream,
        Flooded(tmp_path, upstream.base_url) as gateway,
    ):
        assert await gateway.ask() == 200
        before, held = gateway.memory, []
        for number in range(HELD):
            _, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
            held.append(writer)
            # A third says nothing, a third stops within its headers, a third within a value.
            writer.write(
                (b"", b"POST /v1/models HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nx: a")[number % 3]
            )
        assert await gateway.ask() == 200
        growth = gateway.memory - before
        async with asyncio.timeout(LATE):
            while gateway.connections() > 0:
                await asyncio.sleep(0.1)
        assert await gateway.ask() == 200
        print(f"{HELD} connections: {growth / 2**20:.1f} MiB more")  # noqa: T201  # the figures, with -s
        assert growth < GROWTH
        for writer in held:
            writer.transport.abort()


async def test_B17_endless_headers_and_trailers_cost_bounded_memory(tmp_path: Path) -> None:
    async with (
        ScriptedUpstream(completion({"content": "ok"})) as upstream,
        Flooded(tmp_path, upstream.base_url) as gateway,
    ):
        assert await gateway.ask() == 200
        before, peak, sent = gateway.memory, 0, 0
        heads = (
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\nx: ",
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n"
            b"authorization: Bearer " + KEY.encode() + b"\r\n\r\n0\r\nx: ",
        )
        while sent < HEADER_BYTES:
            sent += await _send_until_closed(gateway.port, heads[sent % 2])
            peak = max(peak, gateway.memory)
        assert await gateway.ask() == 200
        print(f"{sent / 2**20:.0f} MiB sent: {(peak - before) / 2**20:.1f} MiB more")  # noqa: T201  # the figures, with -s
        assert peak - before < GROWTH


async def _send_until_closed(port: int, head: bytes) -> int:
    """What the gateway and the kernel's buffers took of one connection, in bytes."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head)
    sent, piece = len(head), b"a" * 65536
    with contextlib.suppress(ConnectionError):
        while True:
            writer.write(piece)
            await writer.drain()
            sent += len(piece)
            await asyncio.sleep(0)
    writer.transport.abort()
    return sent
