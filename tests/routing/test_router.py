"""Only permitted deployments, healthy ones, nearest first; places that are given back; a bounded wait."""

import asyncio
import random
from typing import Any

import pytest

from gateway.errors import (
    AddressRefused,
    ContextTooLong,
    NoDeployment,
    NotFound,
    Overloaded,
    RedactionFailed,
    UpstreamFailed,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamTimeout,
)
from gateway.routing.catalogue import Catalogue, ModelEntry
from gateway.routing.health import State
from gateway.routing.router import Lease, Plan, Router, route
from gateway.types import Call
from tests.dialects.requests import chat, parse
from tests.parts import configuration, samples
from tests.parts.samples import decision, deployment

BROKEN = UpstreamFailed("broken", fallback=True)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Bench:
    """A router over some deployments of one model."""

    def __init__(
        self, clock: Clock, deployments: dict[str, dict[str, Any]], **routing: Any
    ) -> None:
        configured = {
            name: configuration.deployment("http://127.0.0.1:9/v1", **changes)
            for name, changes in deployments.items()
        }
        settings = configuration.settings(
            deployments=configured,
            models={"deepseek-r1": {"deployments": list(configured)}},
            routing=routing,
        )
        self.entry: ModelEntry = Catalogue(settings).resolve("deepseek-r1")
        self.router = Router(settings, now=clock, draw=random.Random(7))

    def plan(self, *refused: str, call: Call | None = None) -> Plan:
        allowed = {d.name: d.name not in refused for d in self.entry.deployments}
        return self.router.plan(
            samples.decision(allowed),
            self.entry,
            self.entry.deployments,
            call or parse(chat()),
            "acme",
        )

    async def take(self, *refused: str) -> Lease:
        return (await self.plan(*refused).take())[1]

    def state(self, name: str) -> State:
        return self.router.slots[name].health.state()


async def test_T36_only_what_the_decision_permits_is_tried(clock: Clock) -> None:
    bench = Bench(clock, {"a": {}, "b": {}, "c": {}})
    plan = bench.plan("b")
    got = [(await plan.take())[0].name for _ in range(2)]
    assert sorted(got) == ["a", "c"]
    with pytest.raises(NoDeployment):
        await plan.take()


async def test_nothing_permitted_is_an_error(clock: Clock) -> None:
    with pytest.raises(NoDeployment):
        Bench(clock, {"a": {}}).plan("a")


async def test_the_nearest_come_first_and_others_when_those_are_out_or_full(clock: Clock) -> None:
    bench = Bench(
        clock, {"cloud": {"zone": "public-cloud", "priority": None}, "house": {"concurrency": 1}}
    )
    first, second = await bench.take(), await bench.take()
    assert (first.slot.name, second.slot.name) == ("house", "cloud")
    first.end(None)
    for _ in range(3):
        (await bench.take()).end(BROKEN)
    assert (await bench.take()).slot.name == "cloud"


async def test_what_policy_sends_the_call_to_instead_comes_last_however_near(
    clock: Clock,
) -> None:
    bench = Bench(clock, {"cloud": {"zone": "public-cloud"}, "house": {}})
    requested = ModelEntry(name="asked", deployments=bench.entry.deployments[:1])
    decision = samples.decision({"cloud": True, "house": True})
    plan = bench.router.plan(decision, requested, bench.entry.deployments, parse(chat()), "acme")
    assert [(await plan.take())[0].name for _ in range(2)] == ["cloud", "house"]


async def test_a_deployment_that_drains_is_not_tried(clock: Clock) -> None:
    bench = Bench(clock, {"a": {"drain": True}, "b": {}})
    assert {(await bench.take()).slot.name for _ in range(5)} == {"b"}


async def test_what_is_held_is_not_tried_until_it_is_let_go(clock: Clock) -> None:
    bench = Bench(clock, {"a": {}, "b": {"drain": True}})
    bench.router.set_draining(["a"])
    assert bench.router.draining == ["a"]
    assert {(await bench.take()).slot.name for _ in range(5)} == {"b"}
    await bench.router.drain("b", on=True)
    await bench.router.drain("a", on=False)
    assert bench.router.draining == ["b"]
    assert {(await bench.take()).slot.name for _ in range(5)} == {"a"}
    with pytest.raises(NotFound):
        await bench.router.drain("c", on=True)


async def test_all_out_is_an_error_with_the_time_until_the_next_trial(clock: Clock) -> None:
    bench = Bench(clock, {"a": {}}, failures=1, pause_seconds=7.5)
    (await bench.take()).end(BROKEN)
    with pytest.raises(NoDeployment) as caught:
        await bench.take()
    assert caught.value.retry_after == 8
    clock.now += 7.5
    trial = await bench.take()
    with pytest.raises(NoDeployment):
        await bench.take()
    trial.end(None)


async def test_what_was_too_long_is_tried_only_where_there_is_more_room(clock: Clock) -> None:
    places = {"a": {"context": 100}, "b": {"context": 100, "priority": 1}}
    too_long = ContextTooLong("too long", fallback=False)
    elsewhere = Bench(clock, {**places, "c": {"priority": 2}}).plan()
    assert (await elsewhere.take())[0].name == "a"
    assert not elsewhere.should_retry(too_long)
    plan = Bench(clock, {**places, "c": {"context": 900, "priority": 2}}).plan()
    assert (await plan.take())[0].name == "a"
    assert plan.should_retry(too_long)
    assert (await plan.take())[0].name == "c"


async def test_a_call_is_not_sent_where_it_cannot_fit(clock: Clock) -> None:
    bench = Bench(clock, {"small": {"context": 100}, "large": {"context": 900, "priority": 9}})
    plan = bench.plan(call=parse(chat(max_tokens=200)))
    assert (await plan.take())[0].name == "large"
    with pytest.raises(NoDeployment):
        await plan.take()


async def test_it_goes_on_only_where_another_deployment_may_do_better(clock: Clock) -> None:
    bench = Bench(clock, {"a": {}, "b": {}, "c": {}}, attempts=2)
    plan = bench.plan()
    await plan.take()
    assert plan.should_retry(BROKEN)
    assert not plan.should_retry(UpstreamRejected("no", fallback=False))
    assert not plan.should_retry(AddressRefused("no"))
    await plan.take()
    assert not plan.should_retry(BROKEN)  # two attempts, and no more
    alone = bench.plan("b", "c")
    await alone.take()
    assert not alone.should_retry(BROKEN)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (UpstreamFailed("no", fallback=False), State.OUT),
        (UpstreamTimeout("no", fallback=True), State.OUT),
        (UpstreamRateLimited("no", fallback=True), State.OUT),
        (UpstreamRejected("no", fallback=False), State.UP),
        (AddressRefused("no"), State.UP),
        (RedactionFailed("no"), State.UP),
        (asyncio.CancelledError(), State.UP),
        (GeneratorExit(), State.UP),
    ],
)
async def test_the_breaker_learns_what_the_deployment_is_to_blame_for(
    clock: Clock, error: BaseException, state: State
) -> None:
    bench = Bench(clock, {"a": {}}, failures=1)
    (await bench.take()).end(error)
    assert bench.state("a") is state


async def test_a_rate_limit_is_obeyed_and_leaves_no_slow_start(clock: Clock) -> None:
    bench = Bench(clock, {"a": {}, "b": {}})
    plan = bench.plan("b")
    (await plan.take())[1].end(UpstreamRateLimited("no", fallback=True, retry_after=20))
    clock.now += 19.9
    assert {(await bench.take()).slot.name for _ in range(5)} == {"b"}
    clock.now += 0.1
    assert bench.state("a") is State.UP
    assert bench.router.slots["a"].health.share() == 1.0


async def test_a_place_is_held_until_the_reply_has_ended(clock: Clock) -> None:
    bench = Bench(clock, {"a": {}})
    lease = await bench.take()
    lease.answered()
    assert lease.slot.outstanding == 1
    lease.succeeded()
    lease.end(None)
    assert lease.slot.outstanding == 0


async def test_a_reply_that_breaks_is_a_failure_and_frees_the_place_once(clock: Clock) -> None:
    bench = Bench(clock, {"a": {}}, failures=1)
    lease = await bench.take()
    lease.answered()
    lease.end(BROKEN)
    lease.end(None)
    lease.succeeded()
    assert lease.slot.outstanding == 0
    assert bench.state("a") is State.OUT


async def test_T49_a_caller_who_leaves_frees_the_place_and_blames_nobody(clock: Clock) -> None:
    bench = Bench(clock, {"a": {}}, failures=1)
    lease = await bench.take()
    lease.answered()
    lease.end(asyncio.CancelledError())
    assert lease.slot.outstanding == 0
    assert bench.state("a") is State.UP


async def test_what_fails_before_sending_frees_the_place(clock: Clock) -> None:
    bench = Bench(clock, {"a": {"concurrency": 1}})
    lease = await bench.take()
    with pytest.raises(ValueError, match="masking"):
        with lease:
            raise ValueError("masking")
    assert (await bench.take()).slot.name == "a"


async def test_who_waits_gets_the_place_in_order(clock: Clock) -> None:
    bench = Bench(clock, {"a": {"concurrency": 1}})
    held = await bench.take()
    order: list[int] = []

    async def wait(number: int) -> None:
        lease = await bench.take()
        order.append(number)
        lease.end(None)

    waiting = [asyncio.ensure_future(wait(number)) for number in range(3)]
    await asyncio.sleep(0)
    held.end(None)
    await asyncio.gather(*waiting)
    assert order == [0, 1, 2]
    assert bench.router.slots["a"].outstanding == 0


async def test_the_queue_is_bounded_and_so_is_the_wait(clock: Clock) -> None:
    bench = Bench(clock, {"a": {"concurrency": 1}}, queue=1, queue_seconds=0.1)
    held = await bench.take()
    waiting = asyncio.ensure_future(bench.take())
    await asyncio.sleep(0)
    with pytest.raises(Overloaded, match="Too many"):
        await bench.take()
    with pytest.raises(Overloaded, match="in time"):
        await waiting
    held.end(None)
    assert (await bench.take()).slot.name == "a"


async def test_a_caller_who_leaves_the_queue_takes_no_place(clock: Clock) -> None:
    bench = Bench(clock, {"a": {"concurrency": 1}})
    held = await bench.take()
    before, after = asyncio.ensure_future(bench.take()), asyncio.ensure_future(bench.take())
    await asyncio.sleep(0)
    held.end(None)  # the first waiter has its place now and leaves before it knows
    before.cancel()
    lease = await after
    assert before.cancelled()
    assert lease.slot.outstanding == 1
    after_all = asyncio.ensure_future(bench.take())
    await asyncio.sleep(0)
    after_all.cancel()
    await asyncio.wait({after_all})
    lease.end(None)
    assert bench.router.slots["a"].outstanding == 0


async def test_a_place_that_is_not_permitted_is_not_handed_over(clock: Clock) -> None:
    bench = Bench(clock, {"a": {"concurrency": 1}, "b": {"concurrency": 1}}, queue_seconds=0.1)
    on_a, on_b = await bench.take("b"), await bench.take("a")
    waiting = asyncio.ensure_future(bench.take("b"))
    await asyncio.sleep(0)
    on_b.end(None)
    await asyncio.sleep(0)
    assert not waiting.done()
    on_a.end(None)
    assert (await waiting).slot.name == "a"


async def test_a_conversation_stays_where_it_was_until_that_is_out(clock: Clock) -> None:
    bench = Bench(clock, {name: {} for name in "abcd"}, failures=1)
    messages = [{"role": "user", "content": "Hello"}]
    where = []
    for turn in range(6):
        deployment, lease = await bench.plan(call=parse(chat(messages=messages))).take()
        where.append(deployment.name)
        lease.end(BROKEN if turn == 3 else None)
        messages = [
            *messages,
            {"role": "assistant", "content": f"{turn}"},
            {"role": "user", "content": "Go on"},
        ]
    assert len(set(where[:4])) == 1
    assert where[4] != where[3]
    assert where[5] == where[4]


DEPLOYMENTS = tuple(map(deployment, ("a", "b", "c")))


def test_the_order_is_kept_and_the_refused_are_left_out() -> None:
    permitted = route(decision({"c": True, "b": False, "a": True}), DEPLOYMENTS)
    assert [d.name for d in permitted] == ["a", "c"]


def test_T36_a_deployment_that_the_decision_does_not_name_is_not_tried() -> None:
    assert [d.name for d in route(decision({"b": True}), DEPLOYMENTS)] == ["b"]


@pytest.mark.parametrize("allowed", [{}, {"a": False}])
def test_no_route_where_nothing_is_permitted(allowed: dict[str, bool]) -> None:
    with pytest.raises(NoDeployment):
        route(decision(allowed), DEPLOYMENTS)
