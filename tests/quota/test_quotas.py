"""Reserving and settling, as the pipeline does."""

import asyncio
from typing import Any

import pytest

from gateway.errors import BudgetExhausted, RateLimited
from gateway.exchange import Exchange
from gateway.quota.concurrency import Concurrency
from gateway.quota.counters import QuotaCounters
from gateway.quota.harvest import HarvestGuard
from gateway.quota.quotas import Quotas, Sizes
from gateway.settings.quotas import Harvest, Price, Quota
from gateway.state.memory import MemoryState
from gateway.types import UsageEvent
from tests.parts.samples import call, deployment, exchange, principal

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

    async def reserve(self, exchange: Exchange, **changes: Any) -> Any:
        return await self.quotas.reserve(principal(), call("hi", **changes), SIZES, exchange)

    async def pass_through(self, exchange: Exchange, **ends: Any) -> None:
        held = await self.reserve(exchange)
        for name, value in ends.items():
            setattr(exchange, name, value)
        held.settle(exchange)
        await self.ledger.close()


def requests(limit: int = 2, window: int = 60) -> dict[str, Any]:
    return {"count": "requests", "limit": limit, "window_seconds": window}


def tokens(limit: int = 1000) -> dict[str, Any]:
    return {"count": "tokens", "limit": limit, "calendar": "day"}


async def test_a_window_refuses_and_says_when_to_come_again() -> None:
    setting = Setting(requests())
    await setting.pass_through(exchange("1"))
    setting.now += 20
    await setting.pass_through(exchange("2"))
    with pytest.raises(RateLimited) as caught:
        await setting.reserve(exchange("3"))
    assert 40 <= caught.value.retry_after <= 42
    setting.now += caught.value.retry_after
    await setting.pass_through(exchange("3"))


async def test_a_budget_refuses_until_its_period_ends() -> None:
    setting = Setting(tokens(400))
    await setting.pass_through(exchange("1"), usage=UsageEvent(input_tokens=300, output_tokens=50))
    with pytest.raises(BudgetExhausted) as caught:
        await setting.reserve(exchange("2"))
    setting.now += caught.value.retry_after
    await setting.pass_through(exchange("2"))


async def test_a_request_that_no_budget_can_cover_is_told_so() -> None:
    with pytest.raises(BudgetExhausted, match="smaller than this request alone"):
        await Setting(tokens(10)).reserve(exchange())


@pytest.mark.parametrize(
    ("ends", "spent"),
    [
        ({"usage": UsageEvent(input_tokens=7, output_tokens=5), "sent": True}, 12),
        ({}, 0),
        ({"sent": False}, 0),
        ({"sent": True, "output_bytes": 30}, 74 + 30),
        ({"sent": True, "output_bytes": 3000}, 74 + 100),
    ],
    ids=["told", "never sent", "failed first", "cut off", "cut off late"],
)
async def test_the_truth_is_settled_however_it_ended(ends: dict[str, Any], spent: int) -> None:
    setting = Setting(tokens())
    await setting.pass_through(exchange("1"), **ends)
    look = exchange("look")
    await setting.reserve(look)
    assert look.quota_statuses[0].remaining == 1000 - spent - 174


async def test_money_is_settled_at_the_price_of_the_deployment_that_answered() -> None:
    setting = Setting({"count": "money", "limit": 0.001, "calendar": "month"})
    usage = UsageEvent(input_tokens=100, output_tokens=50)
    await setting.pass_through(exchange("1"), usage=usage, sent=True, deployment=deployment())
    look = exchange("look")
    await setting.reserve(look)
    assert look.quota_statuses[0].remaining == 1000 - 200 - (74 + 200)


async def test_the_bound_is_sent_only_when_something_counts_it() -> None:
    assert (await Setting(requests()).reserve(exchange())).output_tokens is None
    assert (await Setting(tokens()).reserve(exchange())).output_tokens == 100
    held = await Setting(tokens()).reserve(exchange(), max_output_tokens=7)
    assert held.output_tokens == 7


async def test_a_refusal_gives_the_place_back_and_books_nothing() -> None:
    setting = Setting(requests(10), tokens(200), concurrency=1)
    held = await setting.reserve(exchange("1"))
    with pytest.raises(RateLimited, match="under way"):
        await setting.reserve(exchange("2"))
    held.settle(exchange("1", usage=UsageEvent(input_tokens=150, output_tokens=0)))
    await setting.ledger.close()
    for _ in range(3):
        with pytest.raises(BudgetExhausted):
            await setting.reserve(exchange("3"))
    look = exchange("look")
    setting.now += 86_400
    await setting.pass_through(look)


async def test_settling_twice_settles_once() -> None:
    setting = Setting(tokens(), concurrency=1)
    ledger = exchange("1")
    held = await setting.reserve(ledger)
    held.settle(ledger)
    again = await setting.reserve(exchange("2"))
    held.settle(ledger)
    with pytest.raises(RateLimited):
        await setting.reserve(exchange("3"))
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
    task = asyncio.ensure_future(setting.reserve(exchange("1")))
    await entered.wait()
    task.cancel()
    await asyncio.wait({task})
    await setting.ledger.close()
    monkeypatch.setattr(setting.state, "reserve", reserve)
    look = exchange("look")
    await setting.reserve(look)
    assert look.quota_statuses[0].remaining == 1000 - 174


async def test_a_warning_when_most_is_used() -> None:
    setting = Setting({**requests(10), "warn_at": 0.5})
    warned = []
    for n in range(6):
        ledger = exchange(str(n))
        await setting.pass_through(ledger)
        warned.append(ledger.quota_statuses[0].warn)
    assert warned == [False] * 4 + [True] * 2


async def test_without_quotas_the_store_is_not_needed() -> None:
    setting = Setting()
    assert setting.quotas.ready(shared=False)
    ledger = exchange()
    await setting.pass_through(ledger)
    assert ledger.quota_statuses == ()
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
        stood = []
        for number, text in enumerate(["a", "b", "a", "c", "a"]):
            ledger = exchange(str(number))
            await setting.quotas.reserve(principal(), call(text), SIZES, ledger)
            stood.append(ledger.harvest["deepseek-r1"])
        assert stood == ["below", "below", "below", "over", "over"]


async def test_a_request_that_a_quota_refuses_counts_no_prompt() -> None:
    setting = Setting(requests(1), prompts=1)
    await setting.quotas.reserve(principal(), call("a"), SIZES, exchange("1"))
    with pytest.raises(RateLimited):
        await setting.quotas.reserve(principal(), call("b"), SIZES, exchange("2"))
    setting.now += 61
    ledger = exchange("3")
    await setting.quotas.reserve(principal(), call("a"), SIZES, ledger)
    assert ledger.harvest == {"deepseek-r1": "below"}


async def test_a_quota_of_requests_under_way_gives_its_place_back() -> None:
    setting = Setting({"count": "concurrent", "limit": 1, "window_seconds": 600})
    held = await setting.reserve(exchange("1"))
    with pytest.raises(RateLimited, match="under way") as caught:
        await setting.reserve(exchange("2"))
    assert caught.value.retry_after == 1
    held.settle(exchange("1"))
    await setting.ledger.close()
    await setting.pass_through(exchange("2"))


async def test_a_place_that_nobody_gives_back_is_free_when_the_window_has_passed() -> None:
    setting = Setting({"count": "concurrent", "limit": 1, "window_seconds": 600})
    await setting.reserve(exchange("1"))
    setting.now += 611
    await setting.pass_through(exchange("2"))
