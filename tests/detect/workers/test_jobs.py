import asyncio

import pytest

from gateway.detect.base import Passage
from gateway.detect.workers.jobs import JOB_CHARACTERS, DetectorCall, Job


def _call(*texts: str, work: float = 60.0, wait: float = 60.0) -> DetectorCall:
    passages = [Passage(text=text) for text in texts]
    return DetectorCall(
        ("acme", 1), passages, work_seconds=work, wait_seconds=wait, on_begin=lambda _: None
    )


async def test_B14_jobs_are_bounded_by_characters_and_by_passages() -> None:
    long = _call(*["x" * 1000] * 100)
    assert max(job.characters for job in long.jobs) <= JOB_CHARACTERS
    short = _call(*["x"] * 10_000)
    assert max(len(job.passages) for job in short.jobs) < 200
    assert [p for job in short.jobs for p in job.passages] == [Passage(text="x")] * 10_000
    assert short.waiting == sum(job.cost for job in short.jobs)


async def test_B15_waiting_is_not_working() -> None:
    call = _call("x", work=0.01)
    waiting = asyncio.ensure_future(call.results())
    await asyncio.sleep(0.1)  # ten times what it may work
    call.began(call.jobs[0])
    call.jobs[0].result.set_result([()])
    assert await waiting == [()]


async def test_B15_work_ends_when_its_time_is_used_up() -> None:
    call = _call("x", work=0.01)
    waiting = asyncio.ensure_future(call.results())
    await asyncio.sleep(0)
    call.began(call.jobs[0])
    with pytest.raises(TimeoutError):
        await waiting
    assert call.out_of_work_time
    call.ended()  # the process answers after all


async def test_a_call_that_gets_no_process_ends() -> None:
    call = _call("x", wait=0.01)
    with pytest.raises(TimeoutError):
        await call.results()
    assert not call.out_of_work_time


async def test_jobs_that_run_at_once_count_once_and_pauses_between_them_do_not() -> None:
    call = _call("x" * 4000, "y" * 4000, work=0.05, wait=60.0)
    waiting = asyncio.ensure_future(call.results())
    await asyncio.sleep(0)
    for job in call.jobs:
        call.began(job)
    call.ended()
    assert not call.out_of_work_time
    call.ended()
    await asyncio.sleep(0.1)
    assert not call.out_of_work_time
    for job in call.jobs:
        job.result.set_result([()])
    assert await waiting == [(), ()]


async def test_the_wait_for_the_first_job_is_reported_once() -> None:
    waits: list[float] = []
    call = DetectorCall(
        ("t", 1),
        [Passage(text="x" * 1500), Passage(text="y" * 1500)],
        work_seconds=1,
        wait_seconds=1,
        on_begin=waits.append,
    )
    waiting = asyncio.ensure_future(call.results())
    await asyncio.sleep(0)
    for job in call.jobs:
        call.began(job)
        job.result.set_result([()])
    assert await waiting == [(), ()]
    assert len(waits) == 1
    assert call.waiting == 0


async def test_a_failure_that_nobody_waits_for_is_not_logged() -> None:
    job: Job = _call("x").jobs[0]
    job.fail("stopped")
    job.fail("again")
    job.abandon()
    assert job.result.done()
