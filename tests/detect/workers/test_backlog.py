import pytest

from gateway.detect.base import Passage
from gateway.detect.workers.backlog import Backlog, true_cost
from gateway.detect.workers.jobs import DetectorCall
from gateway.errors import DetectorUnavailable

SECOND = round(true_cost(1.0))


def _call(tenant: str, seconds: float) -> DetectorCall:
    """A call that keeps one process busy for so long, at the initial speed."""
    call = DetectorCall(
        (tenant, "app", object()),
        [Passage(text="x")],
        work_seconds=1,
        wait_seconds=1,
        on_begin=lambda _: None,
    )
    call.waiting = round(seconds * SECOND)
    return call


async def test_nothing_is_before_the_first_call() -> None:
    assert Backlog(2, 10.0).seconds_before(_call("a", 100)) == 0.0


async def test_B14_what_one_tenant_queues_does_not_refuse_another() -> None:
    backlog = Backlog(1, 10.0)
    for _ in range(8):
        backlog.enter(_call("hog", 1))
    for _ in range(3):
        backlog.enter(_call("hog", 1))
    with pytest.raises(DetectorUnavailable):
        backlog.enter(_call("hog", 1))
    assert backlog.seconds_before(_call("small", 0.01)) == pytest.approx(0.01)
    backlog.enter(_call("small", 1))


async def test_a_short_call_waits_for_as_much_of_each_other_of_its_tenant() -> None:
    backlog = Backlog(2, 10.0)
    for _ in range(4):
        backlog.enter(_call("a", 4))
    assert backlog.seconds_before(_call("a", 0.1)) == pytest.approx(4 * 0.1 / 2)


async def test_B15_an_overload_states_how_long_to_wait() -> None:
    backlog = Backlog(1, 10.0)
    calls = [_call("a", 7) for _ in range(2)]
    for call in calls:
        backlog.enter(call)
    with pytest.raises(DetectorUnavailable, match="14 seconds") as refused:
        backlog.enter(_call("a", 20))
    assert refused.value.retryable
    assert refused.value.retry_after == 14
    for call in calls:
        backlog.leave(call)
    backlog.enter(_call("a", 20))


async def test_the_speed_is_learnt() -> None:
    backlog = Backlog(1, 100.0)
    backlog.enter(_call("a", 1))
    for _ in range(500):
        backlog.ran(1000, 2 * 1000 / SECOND)  # half as fast
    assert backlog.seconds_before(_call("a", 1)) == pytest.approx(2.0, rel=0.01)
