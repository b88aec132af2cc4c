"""The watchdog of event loops: it finds a step that holds one, names it, and leaves out what is no step of the gateway."""

import asyncio
import gc
import os
import re
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from types import CodeType, FunctionType

from tests.parts.opa import ROOT
from tests.parts.watchdog.holds import Hold, Holds
from tests.parts.watchdog.loop_watchdog import NOTED, origin

BUSY = NOTED + 0.02


def spend(seconds: float) -> None:
    """Use CPU time of this thread."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def foreign(function: FunctionType) -> FunctionType:
    """The same function as if the gateway's code had it."""
    code: CodeType = function.__code__.replace(co_filename=str(ROOT / "gateway/somewhere.py"))
    function.__code__ = code
    return function


async def slow_step() -> None:
    await asyncio.sleep(0)
    spend(BUSY)


async def waiting_step() -> None:
    await asyncio.sleep(2 * NOTED)


async def collecting_step() -> None:
    await asyncio.sleep(0)
    until = time.thread_time() + BUSY
    while time.thread_time() < until:
        gc.collect()


for step in (slow_step, waiting_step, collecting_step):
    assert isinstance(step, FunctionType)
    foreign(step)


async def test_a_step_of_the_gateway_is_noted_with_its_name(holds: Holds) -> None:
    await asyncio.ensure_future(slow_step())
    (held,) = holds.take()
    assert held.callback.startswith("somewhere.slow_step in Task-")
    assert BUSY <= held.seconds < 1


async def test_waiting_and_collecting_garbage_are_not_counted(holds: Holds) -> None:
    await asyncio.ensure_future(waiting_step())
    await asyncio.ensure_future(collecting_step())
    assert holds.take() == []


async def test_the_step_of_a_test_is_its_own(holds: Holds) -> None:
    await asyncio.sleep(0)
    spend(BUSY)
    await asyncio.sleep(0)
    assert holds.take() == []


async def test_a_test_that_waits_inside_of_the_gateway_lets_it_run(holds: Holds) -> None:
    await slow_step()
    await asyncio.sleep(0)  # the end of the step in which it returned
    (held,) = holds.take()
    assert held.callback.startswith("somewhere.slow_step in ")


def test_callbacks_are_named_without_their_arguments() -> None:
    assert origin(spend) is None
    assert origin(print) == "print"


def test_of_all_holds_those_since_the_last_time_are_taken(tmp_path: Path) -> None:
    holds = Holds(tmp_path / "held.jsonl")
    assert holds.take() == []
    holds.note(0.3, "here")
    with holds.path.open("a") as file:
        file.write('{"seconds": 0.4, "callback": "there"}\n')
    assert [one.callback for one in holds.take()] == ["here", "there"]
    assert holds.take() == []


def test_only_work_at_the_start_may_take_long() -> None:
    assert Hold(seconds=0.3, callback="demo._run in Task-1").allowed
    assert not Hold(seconds=0.3, callback="serve._run in Task-1").allowed


PROGRAM = """
import asyncio, sys, time
sys.path.insert(0, "tests/parts/watchdog")
import loop_watchdog
loop_watchdog.install_from_environment()
import uvloop

class Server(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
    def data_received(self, data):
        spend()
        self.transport.close()

def spend():
    until = time.thread_time() + 0.07
    while time.thread_time() < until:
        pass

async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Server, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"x")
    await reader.read()
    loop.call_soon(spend)
    await asyncio.sleep(0)
    await asyncio.sleep(0.1)
    spend()

uvloop.run(main())
"""


def test_loops_of_uvloop_are_watched_in_processes_of_their_own(holds: Holds) -> None:
    program = textwrap.dedent(PROGRAM)
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT, timeout=60)
    names = {one.callback.partition(" in ")[0].rpartition(" > ")[2] for one in holds.take()}
    assert names == {"Server.data_received", "spend", "<string>.main"}


FAILING = """
import asyncio, time

async def held():
    until = time.thread_time() + 0.27
    while time.thread_time() < until:
        pass

held.__code__ = held.__code__.replace(co_filename="elsewhere.py")

async def test_held():
    await asyncio.ensure_future(held())

async def test_next():
    await asyncio.sleep(0)
"""


def test_above_the_limit_a_test_fails_with_the_name_of_the_callback(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("from tests.conftest import *")
    (tmp_path / "test_it.py").write_text(FAILING)
    command = [sys.executable, "-m", "pytest", "-n0", "-c", str(ROOT / "pyproject.toml")]
    done = subprocess.run(
        [*command, "--rootdir", str(tmp_path), str(tmp_path)],
        check=False,
        cwd=ROOT,
        env={**os.environ, "SEKISHO_PROVE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "2 passed, 1 error" in done.stdout, done.stdout + done.stderr
    assert re.search(r"the event loop was held: +\d{3} ms  elsewhere.held in Task-\d+", done.stdout)
    assert re.search(
        r"ms  elsewhere.held in Task-\d+  \S+::test_held", done.stdout.partition("50 ms")[2]
    )
