"""The order in which the queue serves, as letters: no time is measured."""

import asyncio
import itertools

import pytest

from gateway.detect.workers.fair_queue import FairQueue, RoundRobin


def _order(queue: RoundRobin[str], count: int | None = None) -> str:
    return "".join(queue.take() for _ in range(len(queue) if count is None else count))


def test_B14_tenants_take_turns_whatever_they_queue() -> None:
    queue = RoundRobin[str](10)
    for number in range(8):
        for _ in range(25):
            queue.add(("hog", "app", number), 10, "h")
    assert _order(queue, 3) == "hhh"
    queue.add(("small", "app", 8), 1, "S")
    assert "S" in _order(queue, 2)  # after at most one job of the other tenant
    queue.add(("small", "app", 9), 1, "S")
    queue.add(("third", "app", 9), 1, "T")
    assert set(_order(queue, 3)) == {"S", "T", "h"}


def test_within_a_tenant_apps_take_turns_and_within_an_app_requests() -> None:
    queue = RoundRobin[str](10)
    for _ in range(4):
        queue.add(("t", "batch", 1), 10, "b")
    for _ in range(4):
        queue.add(("t", "batch", 2), 10, "B")
    for _ in range(4):
        queue.add(("t", "chat", 3), 10, "c")
    assert _order(queue) == "bcBcbcBcbBbB"


def test_jobs_of_one_request_keep_their_order() -> None:
    queue = RoundRobin[str](10)
    for letter in "abcdef":
        queue.add(("t", "a", 1), 3, letter)
    assert _order(queue) == "abcdef"


def test_turns_are_equal_in_cost_not_in_number() -> None:
    queue = RoundRobin[str](10)
    for _ in range(100):
        queue.add(("small",), 1, "s")
        queue.add(("large",), 10, "L")
    served = _order(queue, 55)
    assert (served.count("s"), served.count("L")) == (50, 5)


def test_a_flow_that_was_served_for_more_than_its_turn_waits_for_the_difference() -> None:
    queue = RoundRobin[str](10)
    for _ in range(6):
        queue.add(("a",), 10, "a")
        queue.add(("b",), 10, "b")
    assert _order(queue, 1) == "a"
    queue.charge(("a",), 20)  # that took as long as three
    assert _order(queue, 5) == "bbbab"


def test_a_charge_to_what_has_nothing_queued_is_nothing() -> None:
    queue = RoundRobin[str](10)
    queue.charge(("a", "b"), 1000)
    queue.add(("a", "b"), 1, "x")
    queue.charge(("a", "c"), 1)
    assert _order(queue) == "x"


def test_an_idle_flow_saves_up_nothing() -> None:
    queue = RoundRobin[str](10)
    for _ in range(50):
        queue.add(("a",), 1, "a")
        assert _order(queue) == "a"
    for _ in range(40):
        queue.add(("a",), 1, "a")
        queue.add(("b",), 1, "b")
    assert _order(queue, 40).count("a") == 20


def test_a_request_that_was_given_up_leaves_nothing() -> None:
    queue = RoundRobin[str](10)
    for flow in itertools.product("ab", "xy", (1, 2)):
        queue.add(flow, 10, flow[0])
    for flow in itertools.product("a", "xy", (1, 2)):
        queue.remove(flow)
    queue.remove(("b", "x", 2))
    queue.remove(("c", "x", 2))
    assert len(queue) == 3
    assert _order(queue) == "bbb"
    with pytest.raises(IndexError):
        queue.take()


async def test_getters_wait_as_for_any_queue() -> None:
    queue = FairQueue[str](10)
    waiting = asyncio.ensure_future(queue.get())
    await asyncio.sleep(0)
    queue.put_nowait((("t",), 1, "x"))
    assert await waiting == (("t",), 1, "x")
    queue.put_nowait((("t",), 1, "y"))
    queue.remove(("t",))
    assert queue.empty()
