"""``kill -9`` under load: what a client received is in the log, and verification succeeds."""

import asyncio
import os
import signal
from pathlib import Path

import aiohttp

from gateway.audit.search import Query, search
from tests.parts.commands import Process, run
from tests.parts.gateways import KEY
from tests.parts.scripted import (
    ReceivedRequest,
    Script,
    ScriptedUpstream,
    completion,
    stream,
    words,
)

ROUNDS = 200 if os.environ.get("SEKISHO_PROVE") else 20
_CLIENTS = 6


class Client:
    """Asks again and again until the gateway dies; remembers what it received."""

    def __init__(self, url: str, *, streamed: bool) -> None:
        self.begun: set[str] = set()
        self.complete: set[str] = set()
        self._url = f"{url}/v1/chat/completions"
        self._streamed = streamed

    async def run(self) -> None:
        async with aiohttp.ClientSession() as session:
            while True:
                try:
                    await self._ask(session)
                except (aiohttp.ClientError, ConnectionError):
                    return

    async def _ask(self, session: aiohttp.ClientSession) -> None:
        body = {
            "model": "deepseek-r1",
            "stream": self._streamed,
            "messages": [{"role": "user", "content": "I am kenji.tanaka@example.co.jp"}],
        }
        headers = {"authorization": f"Bearer {KEY}"}
        async with session.post(self._url, json=body, headers=headers) as reply:
            if reply.status != 200:
                return
            self.begun.add(reply.headers["x-request-id"])
            received = await reply.read()
            if not self._streamed or received.endswith(b"data: [DONE]\n\n"):
                self.complete.add(reply.headers["x-request-id"])


def model(seen: ReceivedRequest) -> Script:
    said = "some plain words and [DONE] " * 4
    return (
        stream(*words(said, 7), pause=0.001)
        if seen.json().get("stream")
        else completion({"content": said})
    )


async def received(clients: list[Client]) -> None:
    """Wait until one of them has a reply: on a busy machine the first one takes longer."""
    async with asyncio.timeout(30):
        while not any(client.complete for client in clients):
            await asyncio.sleep(0.01)


async def test_every_reply_that_was_received_has_its_records(tmp_path: Path) -> None:
    begun: set[str] = set()
    complete: set[str] = set()
    async with ScriptedUpstream(model) as upstream:
        gateway = Process(
            tmp_path, base_url=upstream.base_url, detect={"processes": 1, "languages": ["ja"]}
        )
        for round_ in range(ROUNDS):
            async with gateway:
                clients = [Client(gateway.url, streamed=bool(i % 2)) for i in range(_CLIENTS)]
                load = [asyncio.ensure_future(client.run()) for client in clients]
                await asyncio.sleep(0.2 + 0.03 * (round_ % 10))
                await received(clients)
                await gateway.signal(signal.SIGKILL)
                await asyncio.gather(*load)
            for client in clients:
                begun |= client.begun
                complete |= client.complete
    rows = search(tmp_path / "audit.db", Query(limit=1_000_000))
    attempts = {row["request_id"] for row in rows if row["kind"] == "attempt"}
    outcomes = {row["request_id"] for row in rows if row["kind"] == "outcome"}
    assert len(complete) >= ROUNDS
    assert begun - attempts == set()
    assert complete - outcomes == set()
    verified = run("audit", "verify", "--config", str(tmp_path / "sekisho.yaml"))
    assert verified.exit_code == 0, verified.output
