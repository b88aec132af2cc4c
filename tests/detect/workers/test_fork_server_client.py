"""The fork server, alone and under the pool."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import psutil
import pytest

from gateway.detect.base import Passage
from gateway.detect.workers.fork_server_client import ForkServer, StartFailed
from gateway.detect.workers.frames import encode_job
from gateway.detect.workers.pool import ProcessDetector
from gateway.errors import DetectorUnavailable
from tests.detect.faulty_engine import FAULTY, ask
from tests.parts.processes import fork_servers, replacement, workers


@pytest.fixture
async def server() -> AsyncIterator[ForkServer]:
    server = ForkServer((FAULTY, "en"))
    yield server
    await server.close()
    assert fork_servers() == []


async def test_workers_are_forks_of_one_server_and_answer_independently(
    server: ForkServer,
) -> None:
    made = await asyncio.gather(*(server.fork() for _ in range(3)))
    assert [await worker.wait_ready() for worker in made] == ["faulty"] * 3
    assert len(fork_servers()) == 1
    assert sorted(worker.pid for worker in made) == sorted(process.pid for process in workers())
    job = encode_job([Passage(text="to ann@example.com")])
    answers = await asyncio.gather(*(worker.channel.request(job) for worker in made))
    assert [len(answer[0]) for answer in answers] == [1, 1, 1]
    for worker in made:
        worker.end()


async def test_an_engine_that_cannot_be_built_is_reported_each_time() -> None:
    server = ForkServer(("tests.detect.engines:unbuildable", "en"))
    for _ in range(2):
        with pytest.raises(StartFailed, match="OSError: no model for en"):
            await server.fork()
    await server.close()
    assert fork_servers() == []


async def test_added_recognisers_that_cannot_be_loaded_are_reported_by_the_worker() -> None:
    server = ForkServer(("gateway.detect.engine.presidio:build", "ja", "python=absent:Class"))
    worker = await server.fork()
    with pytest.raises(StartFailed, match="absent"):
        await worker.wait_ready()
    worker.end()
    await server.close()


async def test_a_worker_that_is_stopped_can_be_ended(server: ForkServer) -> None:
    worker = await server.fork()
    await worker.wait_ready()
    os.kill(worker.pid, signal.SIGSTOP)
    process = psutil.Process(worker.pid)
    worker.end()
    assert await asyncio.to_thread(psutil.wait_procs, [process], 5) == ([process], [])


async def test_a_fork_that_timed_out_leaves_no_answer_for_the_next_and_no_worker(
    server: ForkServer,
) -> None:
    first = await server.fork()
    (process,) = fork_servers()
    process.suspend()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(server.fork(), 0.1)
    assert not process.is_running()
    second = await server.fork()
    assert [await worker.wait_ready() for worker in (first, second)] == ["faulty", "faulty"]
    assert [process.pid for process in workers()] == [second.pid]
    for worker in (first, second):
        worker.end()


async def test_a_killed_fork_server_is_replaced_and_no_request_fails(
    detector: ProcessDetector,
) -> None:
    (server,) = fork_servers()
    (worker,) = workers()
    server.kill()
    assert await ask(detector, "ann@example.com") == 1
    async with asyncio.timeout(10):
        while server in fork_servers() or not fork_servers():
            await asyncio.sleep(0.02)
    assert worker.is_running()
    worker.kill()
    await replacement(worker.pid)
    assert await ask(detector, "ann@example.com") == 1


async def test_a_worker_forked_by_a_server_since_killed_is_ended_when_it_hangs(
    detector: ProcessDetector,
) -> None:
    (server,) = fork_servers()
    (worker,) = workers()
    server.kill()
    with pytest.raises(DetectorUnavailable):
        await ask(detector, "hang")
    psutil.wait_procs([worker], timeout=5)
    assert not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE
    assert await ask(detector, "ann@example.com") == 1


async def test_added_recognisers_are_loaded_by_workers_and_may_have_threads() -> None:
    spec = "python=tests.detect.engines:Threaded"
    detector = ProcessDetector(("en",), processes=2, specs=(spec,), hang_seconds=30.0)
    await detector.start()
    (server,) = fork_servers()
    assert server.num_threads() == 1
    assert [worker.num_threads() for worker in workers()] == [2, 2]
    assert await ask(detector, "ann@example.com") == 1
    await detector.close()


async def test_the_fork_server_of_the_real_engine_has_one_thread() -> None:
    detector = ProcessDetector(("en", "ja"), processes=1, hang_seconds=30.0)
    await detector.start()
    assert [server.num_threads() for server in fork_servers()] == [1]
    await detector.close()
