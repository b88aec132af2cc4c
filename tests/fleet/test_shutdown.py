"""SIGTERM under load: the whole process tree ends in bounded time, and requests are answered or end with an error."""

import asyncio
import os
import signal
import sys
import textwrap
from pathlib import Path

import aiohttp
import psutil

from tests.parts.commands import ENVIRON, Process
from tests.parts.gateways import KEY
from tests.parts.opa import ROOT
from tests.parts.redis import RedisServer
from tests.parts.scripted import ReceivedRequest, Script, ScriptedUpstream, stream, words

ROUNDS = 100 if os.environ.get("SEKISHO_PROVE") == "1" else 5
CLIENTS = 8
BOUND = 180.0
"""Seconds after which a process counts as hung: far more than it needs."""


def slow(seen: ReceivedRequest) -> Script:
    return stream(*words("one two three four five six", 4), pause=0.05)


class Client:
    """Sends requests without a pause until the gateway has ended; each ends with a reply or an error."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/v1/chat/completions"

    async def run(self, over: asyncio.Event) -> None:
        headers = {"authorization": f"Bearer {KEY}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            while not over.is_set():
                try:
                    await self._ask(session)
                except aiohttp.ClientError:  # the connection was refused or lost
                    await asyncio.sleep(0.01)

    async def _ask(self, session: aiohttp.ClientSession) -> None:
        message = {"role": "user", "content": "a@b.example"}
        body = {"model": "deepseek-r1", "stream": True, "messages": [message]}
        async with asyncio.timeout(BOUND), session.post(self._url, json=body) as reply:
            text = await reply.text()
            assert text.endswith("data: [DONE]\n\n") or '"error"' in text, text


async def until_ended(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that are left after the bound."""
    _, left = await asyncio.to_thread(psutil.wait_procs, processes, BOUND)
    return [process for process in left if process.is_running()]


async def test_B41_sigterm_under_load_ends_every_process(tmp_path: Path) -> None:
    async with RedisServer(tmp_path) as redis, ScriptedUpstream(slow) as upstream:
        gateway = Process(
            tmp_path,
            base_url=upstream.base_url,
            workers=2,
            state={"url": redis.url},
            detect={"processes": 1, "languages": ["ja"]},
        )
        for round_ in range(ROUNDS):
            async with gateway:
                clients, over = [Client(gateway.url) for _ in range(CLIENTS)], asyncio.Event()
                load = asyncio.gather(*(client.run(over) for client in clients))
                await asyncio.sleep(0.1 * (round_ % 5))
                tree = psutil.Process(gateway.process.pid).children(recursive=True)
                async with asyncio.timeout(BOUND):
                    ended = await gateway.signal(signal.SIGTERM)
                left = await until_ended(tree)
                over.set()
                await load
                log = (tmp_path / "gateway.log").read_text()
                assert (ended, left) == (0, []), log
                assert "close_failed" not in log
                assert "exit_forced" not in log


STUCK = """
import asyncio, threading, sys
from gateway import timeouts
from gateway.background import Background
timeouts.CLOSE = timeouts.EXIT = 0.2
import gateway.app
compose = gateway.app.compose

def with_a_stuck_task(*arguments, **more):
    made = compose(*arguments, **more)
    async def step():
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                print("ignored", flush=True)
    stuck = made.background.every("stuck", lambda: 0.0, step, at_once=True)
    start, close = made.prober.start, made.prober.close
    async def start_it():
        stuck.start()
        threading.Thread(target=threading.Event().wait, name="stuck thread").start()
        await start()
    made.prober.start, made.prober.close = start_it, stuck.close
    return made

import gateway.cli.serve
gateway.cli.serve.compose = with_a_stuck_task
from gateway.cli import app
app(["serve", "--config", sys.argv[1]])
"""


async def test_B41_a_task_and_a_thread_that_never_end_are_logged_and_the_process_ends(
    tmp_path: Path,
) -> None:
    """The real command, with a task that ignores its cancellation and a thread that can't be ended."""
    gateway = Process(tmp_path, detect={"processes": 1, "languages": ["ja"]})
    with (tmp_path / "gateway.log").open("ab") as log:
        config = tmp_path / "sekisho.yaml"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", textwrap.dedent(STUCK), str(config)),
            env={**os.environ, **ENVIRON},
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )
    gateway.process = process
    async with asyncio.timeout(90), aiohttp.ClientSession() as session:
        while not await gateway._ready(session):
            await asyncio.sleep(0.05)
    tree = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(BOUND):
        assert await process.wait() == 1
    assert await until_ended(tree) == []
    logged = (tmp_path / "gateway.log").read_text()
    assert '"part": "stuck"' in logged
    assert '"event": "exit_forced"' in logged
    assert '"tasks": ["stuck"]' in logged
    assert '"stuck thread"' in logged
