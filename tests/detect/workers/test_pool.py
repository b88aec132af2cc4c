import asyncio
import os
import signal
import subprocess
import sys

import psutil
import pytest

from gateway.detect.base import Passage
from gateway.detect.workers.pool import ProcessDetector
from gateway.errors import BodyTooLarge, DetectorUnavailable
from tests.detect.faulty_engine import FAULTY, ask
from tests.parts.processes import replacement, workers


@pytest.mark.parametrize("how", ["die", "leave"])
async def test_a_worker_that_crashes_on_a_text_refuses_only_that_request(
    detector: ProcessDetector, how: str
) -> None:
    old = workers()[0].pid
    with pytest.raises(DetectorUnavailable):
        await ask(detector, how)
    await replacement(old)
    assert await ask(detector, "ann@example.com") == 1


async def test_a_worker_killed_while_busy_refuses_that_request_and_is_replaced(
    detector: ProcessDetector,
) -> None:
    old = workers()[0].pid
    call = asyncio.ensure_future(ask(detector, "hang"))
    await asyncio.sleep(0.05)
    os.kill(old, signal.SIGKILL)
    with pytest.raises(DetectorUnavailable):
        await call
    await replacement(old)
    assert await ask(detector, "ann@example.com") == 1


async def test_a_worker_killed_while_idle_is_replaced(detector: ProcessDetector) -> None:
    old = workers()[0].pid
    os.kill(old, signal.SIGKILL)
    await replacement(old)
    assert await ask(detector, "ann@example.com") == 1


async def test_workers_that_end_before_their_first_job_are_not_forked_without_pause(
    detector: ProcessDetector,
) -> None:
    seen: set[int] = set()
    ends = asyncio.get_running_loop().time() + 1.0
    while asyncio.get_running_loop().time() < ends:
        for worker in workers():
            seen.add(worker.pid)
            os.kill(worker.pid, signal.SIGKILL)
        await asyncio.sleep(0.001)
    assert 1 < len(seen) < 8  # after 0.1, 0.2, 0.4 and 0.8 seconds
    while not detector.ready():
        await asyncio.sleep(0.02)
    assert await ask(detector, "ann@example.com") == 1


async def test_T48_a_hung_worker_is_killed_and_replaced(detector: ProcessDetector) -> None:
    old = workers()[0].pid
    with pytest.raises(DetectorUnavailable):
        await ask(detector, "hang")
    await replacement(old)
    assert not psutil.pid_exists(old)
    assert await ask(detector, "ann@example.com") == 1


async def test_a_busy_detector_does_not_count_as_hung() -> None:
    """The worker is not killed for a request that waits for longer than it may."""
    detector = ProcessDetector(
        ("en",), processes=1, engine=FAULTY, hang_seconds=5.0, wait_seconds=0.2
    )
    await detector.start()
    old = workers()[0].pid
    slow = asyncio.ensure_future(ask(detector, "hang"))
    await asyncio.sleep(0)
    with pytest.raises(DetectorUnavailable, match="overloaded") as refused:
        await ask(detector, "x")
    assert refused.value.retry_after == 1
    assert await slow == 0
    assert [worker.pid for worker in workers()] == [old]
    await detector.close()


async def test_B15_time_in_the_queue_is_not_time_at_work() -> None:
    detector = ProcessDetector(("en",), processes=1, engine=FAULTY, hang_seconds=5.0)
    await detector.start()
    slow = asyncio.ensure_future(ask(detector, "hang"))  # a second
    await asyncio.sleep(0)
    assert await detector.detect([Passage(text="x")], deadline=0.5) == [()]
    assert await slow == 0
    await detector.close()


async def test_B15_a_text_that_takes_too_long_is_refused_with_the_number() -> None:
    detector = ProcessDetector(("en",), processes=1, engine=FAULTY, hang_seconds=5.0)
    await detector.start()
    passages = [Passage(text="x" * 4000), Passage(text="hang")]
    with pytest.raises(BodyTooLarge, match=r"4004 characters .* 0\.3 seconds.* smaller parts"):
        await detector.detect(passages, deadline=0.3)
    await detector.close()


async def test_B14_the_queue_serves_tenants_in_turns(detector: ProcessDetector) -> None:
    answered: list[str] = []

    async def call(tenant: str, texts: int) -> None:
        passages = [Passage(text=f"{n} " * 1500) for n in range(texts)]
        await detector.detect(passages, deadline=30.0, caller=(tenant, "app"))
        answered.append(tenant)

    hogs = [asyncio.ensure_future(call("hog", 20)) for _ in range(8)]
    await asyncio.sleep(0)
    await call("small", 1)
    assert answered == ["small"]
    await asyncio.gather(*hogs)
    assert answered == ["small", *["hog"] * 8]


async def test_long_requests_are_spread_over_the_processes() -> None:
    detector = ProcessDetector(("en",), processes=2, engine=FAULTY)
    await detector.start()
    passages = [Passage(text=f"ann{n}@example.com " * 900) for n in range(12)]
    found = await detector.detect(passages, deadline=20.0)
    assert [len(spans) for spans in found] == [900] * 12
    used = [worker.cpu_times().user for worker in workers()]
    await detector.close()
    assert len(used) == 2
    assert min(used) > 0


async def test_text_that_is_not_unicode_is_refused(detector: ProcessDetector) -> None:
    with pytest.raises(DetectorUnavailable):
        await ask(detector, "\ud83d")


async def test_closing_leaves_no_process_behind() -> None:
    detector = ProcessDetector(("en",), processes=2, engine=FAULTY)
    await detector.start()
    assert len(workers()) == 2
    await detector.close()
    assert workers() == []


async def test_closing_refuses_waiting_requests(detector: ProcessDetector) -> None:
    calls = [asyncio.ensure_future(ask(detector, "hang")) for _ in range(3)]
    await asyncio.sleep(0.05)
    await detector.close()
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(answer, DetectorUnavailable) for answer in answers)


async def test_workers_get_no_credentials_from_the_environment(
    detector: ProcessDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEKISHO_KEY_BILLING", "a-key-of-at-least-16")
    old = workers()[0].pid
    os.kill(old, signal.SIGKILL)
    worker = psutil.Process(await replacement(old))
    assert "SEKISHO_KEY_BILLING" not in worker.environ()


_PARENT = """
import asyncio
from gateway.detect.base import Passage
from gateway.detect.workers.pool import ProcessDetector

async def main():
    detector = ProcessDetector(("en",), processes=2, engine={engine!r}, hang_seconds=60)
    await detector.start()
    asyncio.ensure_future(detector.detect([Passage(text="hang")], deadline=60))
    await asyncio.sleep(0.1)
    print("up", flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def test_detector_processes_end_when_the_gateway_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT.format(engine=FAULTY)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"up\n"
        children = psutil.Process(parent.pid).children(recursive=True)
        assert len(children) == 3
        parent.kill()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []


async def test_the_real_engine_runs_in_a_process() -> None:
    detector = ProcessDetector(("en", "ja"), processes=1, hang_seconds=30.0)
    await detector.start()
    passages = [
        Passage(text="My name is Kenji Tanaka.", languages=("en", "ja")),
        Passage(text="田中健二です", languages=("en", "ja")),
    ]
    found = await detector.detect(passages, deadline=30.0)
    assert [[span.entity for span in spans] for spans in found] == [["PERSON"], ["PERSON"]]
    assert len(detector.revision) == 32
    await detector.close()
