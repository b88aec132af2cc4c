"""Reserving and settling, as the pipeline does."""

import asyncio
from typing import Any

import pytest

from gateway.errors import BudgetExhausted, RateLimited
from gateway.exchange import QuotaUse, ReplyStats
from gateway.quota.concurrency import Concurrency
from gateway.quota.counters import QuotaCounters
from gateway.quota.harvest import HarvestGuard
from gateway.quota.quotas import Quotas, Reservation, Sizes
from gateway.settings.quotas import Harvest, Price, Quota
from gateway.state.memory import MemoryState
from gateway.types import UsageEvent
from tests.parts.samples import attempt, call, exchange, principal

SIZES = Sizes(model="deepseek-r1", deployments=("r1-a",))
NOW = 1_790_000_000.0


class Setting:
    """Quotas over the memory of one process, with a clock of their own."""

    def __init__(
        self, *quotas: dict[str, Any], concurrency: int = 8, prompts: int | None = None
    ) -> None:
        self.now = NOW
        self.state = MemoryState(now=lambda: self.now)
        self.ledger = QuotaCounters(self.state, grace_seconds=1, grace_share=0.1)
        self.quotas = Quotas(
            [Quota(**{"name": f"q{n}", **quota}) for n, quota in enumerate(quotas)],
            prices={"r1-a": Price(input=1, output=2)},
            counters=self.ledger,
            concurrency=Concurrency(concurrency),
            harvest=HarvestGuard(
                {"deepseek-r1": Harvest(prompts=prompts)} if prompts else {}, lambda _: b"key"
            ),
            default_output_tokens=100,
            now=lambda: self.now,
        )

    async def reserve(self, request_id: str = "req_1", **changes: Any) -> Reservation:
        return await self.quotas.reserve(principal(), call("hi", **changes), SIZES, request_id)

    async def pass_through(self, request_id: str = "req_1", **parts: Any) -> Reservation:
        held = await self.reserve(request_id)
        held.settle(exchange(request_id, **parts))
        await self.ledger.close()
        return held

    async def remaining(self) -> int:
        """What the first quota has left once another request is reserved."""
        return (await self.reserve("another")).use.statuses[0].remaining


def reported(input_tokens: int, output_tokens: int) -> ReplyStats:
    usage = UsageEvent(input_tokens=input_tokens, output_tokens=output_tokens)
    return ReplyStats(usage=usage)


def requests(limit: int = 2, window: int = 60) -> dict[str, Any]:
    return {"count": "requests", "limit": limit, "window_seconds": window}


def tokens(limit: int = 1000) -> dict[str, Any]:
    return {"count": "tokens", "limit": limit, "calendar": "day"}


async def test_a_window_refuses_and_says_when_to_come_again() -> None:
    setting = Setting(requests())
    await setting.pass_through("1")
    setting.now += 20
    await setting.pass_through("2")
    with pytest.raises(RateLimited) as caught:
        await setting.reserve("3")
    assert 40 <= caught.value.retry_after <= 42
    setting.now += caught.value.retry_after
    await setting.pass_through("3")


async def test_a_budget_refuses_until_its_period_ends() -> None:
    setting = Setting(tokens(400))
    await setting.pass_through("1", reply=reported(300, 50))
    with pytest.raises(BudgetExhausted) as caught:
        await setting.reserve("2")
    setting.now += caught.value.retry_after
    await setting.pass_through("2")


async def test_a_request_that_no_budget_can_cover_is_told_so() -> None:
    with pytest.raises(BudgetExhausted, match="smaller than this request alone"):
        await Setting(tokens(10)).reserve()


@pytest.mark.parametrize(
    ("parts", "spent"),
    [
        ({"attempt": attempt(sent=True), "reply": reported(7, 5)}, 12),
        ({}, 0),
        ({"attempt": attempt(sent=False)}, 0),
        ({"attempt": attempt(sent=True), "reply": ReplyStats(output_bytes=30)}, 74 + 30),
        ({"attempt": attempt(sent=True), "reply": ReplyStats(output_bytes=3000)}, 74 + 100),
    ],
    ids=["reported", "never sent", "failed first", "cut off", "cut off late"],
)
async def test_the_truth_is_settled_however_it_ended(parts: dict[str, Any], spent: int) -> None:
    setting = Setting(tokens())
    await setting.pass_through("1", **parts)
    assert await setting.remaining() == 1000 - spent - 174


async def test_money_is_settled_at_the_price_of_the_deployment_that_answered() -> None:
    setting = Setting({"count": "money", "limit": 0.001, "calendar": "month"})
    await setting.pass_through("1", attempt=attempt(sent=True), reply=reported(100, 50))
    assert await setting.remaining() == 1000 - 200 - (74 + 200)


async def test_the_bound_is_sent_only_when_something_counts_it() -> None:
    assert (await Setting(requests()).reserve()).output_tokens is None
    assert (await Setting(tokens()).reserve()).output_tokens == 100
    held = await Setting(tokens()).reserve(max_output_tokens=7)
    assert held.output_tokens == 7


async def test_a_refusal_gives_the_place_back_and_books_nothing() -> None:
    setting = Setting(requests(10), tokens(200), concurrency=1)
    held = await setting.reserve("1")
    with pytest.raises(RateLimited, match="in flight"):
        await setting.reserve("2")
    held.settle(exchange("1", reply=reported(150, 0)))
    await setting.ledger.close()
    for _ in range(3):
        with pytest.raises(BudgetExhausted) as caught:
            await setting.reserve("3")
        assert [status.remaining for status in caught.value.statuses] == [9, 50]
    setting.now += 86_400
    await setting.pass_through("4")


async def test_settling_twice_settles_once() -> None:
    setting = Setting(tokens(), concurrency=1)
    held = await setting.reserve("1")
    held.settle(exchange("1"))
    again = await setting.reserve("2")
    held.settle(exchange("1"))
    with pytest.raises(RateLimited):
        await setting.reserve("3")
    again.settle(exchange("2"))


async def test_a_caller_who_leaves_while_it_is_reserved_leaves_nothing_booked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    setting = Setting(tokens(), concurrency=1)
    entered = asyncio.Event()
    reserve = setting.state.reserve

    async def slow(*arguments: Any) -> Any:
        grant = await reserve(*arguments)
        entered.set()
        await asyncio.sleep(60)
        return grant

    monkeypatch.setattr(setting.state, "reserve", slow)
    task = asyncio.ensure_future(setting.reserve("1"))
    await entered.wait()
    task.cancel()
    await asyncio.wait({task})
    await setting.ledger.close()
    monkeypatch.setattr(setting.state, "reserve", reserve)
    assert await setting.remaining() == 1000 - 174


async def test_a_warning_when_most_is_used() -> None:
    setting = Setting({**requests(10), "warn_at": 0.5})
    warned = []
    for n in range(6):
        held = await setting.pass_through(str(n))
        warned.append(held.use.statuses[0].warn)
    assert warned == [False] * 4 + [True] * 2


async def test_without_quotas_the_store_is_not_needed() -> None:
    setting = Setting()
    assert setting.quotas.ready(shared=False)
    held = await setting.pass_through()
    assert held.use == QuotaUse()
    assert not setting.state._holds


async def test_each_time_that_the_store_is_away_has_its_own_grace() -> None:
    setting = Setting(requests())
    now = [0.0]
    setting.ledger._clock = lambda: now[0]
    assert setting.quotas.ready(shared=False)
    now[0] = 2.0
    assert not setting.quotas.ready(shared=False)
    assert setting.quotas.ready(shared=True)
    assert setting.quotas.ready(shared=False)


async def test_prompts_are_counted_with_the_quota_or_without_one() -> None:
    for setting in (Setting(requests(9), prompts=2), Setting(prompts=2)):
        states = []
        for number, text in enumerate(["a", "b", "a", "c", "a"]):
            held = await setting.quotas.reserve(principal(), call(text), SIZES, str(number))
            states.append(held.use.harvest["deepseek-r1"])
        assert states == ["below", "below", "below", "over", "over"]


async def test_a_request_that_a_quota_refuses_counts_no_prompt() -> None:
    setting = Setting(requests(1), prompts=1)
    await setting.quotas.reserve(principal(), call("a"), SIZES, "1")
    with pytest.raises(RateLimited):
        await setting.quotas.reserve(principal(), call("b"), SIZES, "2")
    setting.now += 61
    held = await setting.quotas.reserve(principal(), call("a"), SIZES, "3")
    assert held.use.harvest == {"deepseek-r1": "below"}


async def test_a_quota_of_requests_under_way_gives_its_place_back() -> None:
    setting = Setting({"count": "concurrent", "limit": 1, "window_seconds": 600})
    held = await setting.reserve("1")
    with pytest.raises(RateLimited, match="in flight") as caught:
        await setting.reserve("2")
    assert caught.value.retry_after == 1
    held.settle(exchange("1"))
    await setting.ledger.close()
    await setting.pass_through("2")


async def test_a_place_that_nobody_gives_back_is_free_when_the_window_has_passed() -> None:
    setting = Setting({"count": "concurrent", "limit": 1, "window_seconds": 600})
    await setting.reserve("1")
    setting.now += 611
    await setting.pass_through("2")
