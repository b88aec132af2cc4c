"""The contract of detectors, tested on each of them with engines that fail."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TypeAlias

import pytest

from gateway.detect.base import Detector, Passage
from gateway.detect.workers.inprocess import InProcessDetector
from gateway.detect.workers.pool import ProcessDetector
from gateway.errors import DetectorUnavailable
from tests.detect.faulty_engine import FAULTY

UNBUILDABLE = f"{__package__}.engines:unbuildable"

Make: TypeAlias = Callable[[str], Detector]


def _processes(engine: str) -> Detector:
    return ProcessDetector(("en",), processes=1, engine=engine, hang_seconds=0.3)


def _in_process(engine: str) -> Detector:
    return InProcessDetector(("en",), engine=engine)


@pytest.fixture(params=[_processes, _in_process], ids=["processes", "in-process"])
def make(request: pytest.FixtureRequest) -> Make:
    made: Make = request.param
    return made


@pytest.fixture
async def detector(make: Make) -> AsyncIterator[Detector]:
    detector = make(FAULTY)
    await detector.start()
    yield detector
    await detector.close()


async def _texts(detector: Detector, *texts: str, deadline: float = 5.0) -> list[list[str]]:
    passages = [Passage(text=text) for text in texts]
    found = await detector.detect(passages, deadline=deadline)
    return [
        [text[s.start : s.end] for s in spans] for text, spans in zip(texts, found, strict=True)
    ]


async def _until_answered(detector: Detector) -> list[list[str]]:
    """Retry until the detector works again."""
    while True:
        try:
            return await _texts(detector, "to ann@example.com")
        except DetectorUnavailable:
            await asyncio.sleep(0.02)


async def test_spans_come_back_in_the_order_of_the_passages(detector: Detector) -> None:
    found = await _texts(detector, "a@example.com", "nothing", "b@example.com, c@example.com", "")
    assert found == [["a@example.com"], [], ["b@example.com", "c@example.com"], []]


async def test_no_passages_are_no_work(detector: Detector) -> None:
    assert await detector.detect([], deadline=1.0) == []


async def test_the_key_reaches_the_engine(detector: Detector) -> None:
    found = await detector.detect([Passage(text="hunter2", key="password")], deadline=5.0)
    assert [span.entity for span in found[0]] == ["SECRET_PASSWORD"]


async def test_a_started_detector_is_ready_and_has_a_revision(detector: Detector) -> None:
    assert detector.ready()
    assert detector.revision == "faulty"


async def test_a_detector_that_was_not_started_refuses(make: Make) -> None:
    detector = make(FAULTY)
    assert not detector.ready()
    assert detector.revision == ""
    with pytest.raises(DetectorUnavailable):
        await detector.detect([Passage(text="x")], deadline=1.0)
    await detector.close()


async def test_a_closed_detector_refuses(make: Make) -> None:
    detector = make(FAULTY)
    await detector.start()
    await detector.close()
    assert not detector.ready()
    with pytest.raises(DetectorUnavailable):
        await detector.detect([Passage(text="x")], deadline=1.0)


async def test_an_engine_that_can_not_be_built_says_why_at_the_start(make: Make) -> None:
    detector = make(UNBUILDABLE)
    with pytest.raises(DetectorUnavailable, match="no model for en"):
        await detector.start()
    await detector.close()


async def test_T01_an_engine_error_refuses_and_the_next_call_works(detector: Detector) -> None:
    with pytest.raises(DetectorUnavailable) as refused:
        await _texts(detector, "ann@example.com", "raise")
    assert "raise" not in str(refused.value.args)
    assert await _texts(detector, "ann@example.com") == [["ann@example.com"]]


async def test_T01_one_failing_call_does_not_touch_another(detector: Detector) -> None:
    bad = asyncio.ensure_future(_texts(detector, "raise"))
    good = asyncio.ensure_future(_texts(detector, "ann@example.com"))
    with pytest.raises(DetectorUnavailable):
        await bad
    assert await good == [["ann@example.com"]]


async def test_T48_a_hung_engine_is_refused_at_the_deadline_and_service_returns(
    detector: Detector,
) -> None:
    with pytest.raises(DetectorUnavailable, match="deadline"):
        await _texts(detector, "hang", deadline=0.1)
    assert await _until_answered(detector) == [["ann@example.com"]]


async def test_a_deadline_that_has_passed_refuses(detector: Detector) -> None:
    with pytest.raises(DetectorUnavailable):
        await _texts(detector, "ann@example.com", deadline=0.0)


async def test_many_calls_at_once_are_all_answered(detector: Detector) -> None:
    calls = [_texts(detector, f"user{n}@example.com") for n in range(40)]
    answers = await asyncio.gather(*calls)
    assert answers == [[[f"user{n}@example.com"]] for n in range(40)]


async def test_a_call_that_was_given_up_leaves_the_detector_usable(detector: Detector) -> None:
    call = asyncio.ensure_future(_texts(detector, "ann@example.com"))
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert await _texts(detector, "bob@example.com") == [["bob@example.com"]]
