"""The counters, with a real store that comes and goes."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.errors import StateUnavailable
from gateway.quota.counters import QuotaCounters
from gateway.settings.state import State as StateSettings
from gateway.state.base import AmountRefused, Booking, DistinctEntry
from gateway.state.memory import MemoryState
from gateway.state.redis import RedisState
from tests.parts.redis import RedisServer


def booking(amount: int, *, limit: int = 100) -> Booking:
    return Booking(
        counter="c", bucket=1, oldest=0, amount=amount, limit=limit, expires=time.time() + 60
    )


def distinct_entry(number: int, *, limit: int = 20) -> DistinctEntry:
    return DistinctEntry(name="d", member=b"%d" % number, limit=limit, seconds=60)


@asynccontextmanager
async def ledger(
    server: RedisServer, *, grace: float = 60.0, share: float = 0.1
) -> AsyncIterator[tuple[QuotaCounters, list[float], RedisState]]:
    now = [0.0]
    state = RedisState(StateSettings(url=server.url, timeout_ms=200))
    await state.start()
    made = QuotaCounters(state, grace_seconds=grace, grace_share=share, clock=lambda: now[0])
    try:
        yield made, now, state
    finally:
        await made.close()
        await state.close()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[RedisServer]:
    async with RedisServer(tmp_path) as started:
        yield started


async def used(state: RedisState) -> int:
    (sum_,) = (await state.reserve("acme", f"look-{time.monotonic_ns()}", [booking(0)])).used
    return sum_


async def until_used(state: RedisState, amount: int) -> None:
    async with asyncio.timeout(15):
        while True:
            try:
                if await used(state) == amount:
                    return
            except StateUnavailable:
                pass
            await asyncio.sleep(0.05)


async def test_T46_without_the_store_a_bounded_share_is_granted_for_a_while_and_then_none(
    server: RedisServer,
) -> None:
    async with ledger(server) as (counters, now, state):
        assert (await counters.reserve("acme", "h0", [booking(50)])).granted
        server.pause()
        assert (await counters.reserve("acme", "h1", [booking(6)])).granted
        with pytest.raises(StateUnavailable):
            await counters.reserve("acme", "h2", [booking(6)])
        assert (await counters.reserve("acme", "h3", [booking(4)])).granted
        now[0] = 61.0
        with pytest.raises(StateUnavailable):
            await counters.reserve("acme", "h4", [booking(1)])
        server.resume()
        async with asyncio.timeout(10):
            while not await state.ready():
                await asyncio.sleep(0.05)
        for hold, amount in (("h0", 50), ("h1", 6), ("h3", 4)):
            counters.settle("acme", hold, [booking(amount)], [amount])
        await until_used(state, 60)


async def test_what_was_spent_while_the_store_was_killed_is_booked_when_it_is_back(
    server: RedisServer,
) -> None:
    async with ledger(server) as (counters, _, state):
        await server.kill()
        assert (await counters.reserve("acme", "h1", [booking(8)])).granted
        counters.settle("acme", "h1", [booking(8)], [5])
        await asyncio.sleep(0.3)
        await server.start()
        await until_used(state, 5)


async def test_a_new_outage_has_a_grace_of_its_own(server: RedisServer) -> None:
    async with ledger(server) as (counters, now, state):
        for outage in range(2):
            server.pause()
            assert (await counters.reserve("acme", f"h{outage}", [booking(9)])).granted
            server.resume()
            async with asyncio.timeout(10):
                while not await state.ready():
                    await asyncio.sleep(0.05)
            assert (await counters.reserve("acme", f"n{outage}", [booking(1)])).granted
            now[0] += 100


async def test_without_the_store_a_share_may_be_sighted_and_then_nobody_knows(
    server: RedisServer,
) -> None:
    async with ledger(server) as (counters, now, state):
        await server.kill()
        alone = [
            (await counters.reserve("acme", f"h{n}", [], distinct_entry(n))).over for n in range(4)
        ]
        assert alone == [False, False, True, True]
        now[0] = 61.0
        assert (await counters.reserve("acme", "h9", [], distinct_entry(9))).over is None
        await server.start()
        # What was seen meanwhile counts, once.
        async with asyncio.timeout(15):
            while not (await counters.reserve("acme", "h", [], distinct_entry(0, limit=3))).over:
                await asyncio.sleep(0.05)
        assert not (await state.reserve("acme", "h", [], distinct_entry(0, limit=4))).over


async def test_no_share_is_no_grace(server: RedisServer) -> None:
    async with ledger(server, share=0.0) as (counters, _, _):
        await server.kill()
        with pytest.raises(StateUnavailable):
            await counters.reserve("acme", "h", [booking(0)])
        assert not counters.in_grace_period()


async def test_closing_waits_for_what_is_being_settled() -> None:
    state = MemoryState()
    counters = QuotaCounters(state, grace_seconds=1, grace_share=0.1)
    await counters.start()
    await counters.reserve("acme", "h", [booking(8)])
    counters.settle("acme", "h", [booking(8)], [3])
    await counters.close()
    assert (await state.reserve("acme", "look", [booking(0)])).used == (3,)


async def test_with_a_store_at_hand_this_process_keeps_nothing_of_its_own() -> None:
    counters = QuotaCounters(MemoryState(), grace_seconds=1, grace_share=0.1)
    for number in range(100):
        await counters.reserve("acme", f"h{number}", [booking(1)])
        counters.settle("acme", f"h{number}", [booking(1)], [0])
    await counters.close()
    assert not counters._local._holds
    assert not counters._local._counters
    assert not counters._granted_locally


@pytest.mark.parametrize("spent", [-1_000_000, 2**53 + 1, 10**18, 10**30])
@pytest.mark.parametrize("memory", [True, False])
async def test_B35_an_amount_that_can_not_be_booked_is_settled_at_what_was_reserved(
    server: RedisServer, spent: int, memory: bool
) -> None:
    async with ledger(server) as (_, _, redis):
        state = MemoryState() if memory else redis
        counters = QuotaCounters(state, grace_seconds=0, grace_share=0)
        assert (await counters.reserve("acme", "h1", [booking(8)])).granted
        counters.settle("acme", "h1", [booking(8)], [spent])
        await counters.close()  # what is tried again for ever would be given up, and stay reserved
        left = await state.reserve("acme", "h2", [booking(0)])
        assert left.used == (0 if spent < 0 else 8,)
        assert not await state.settle("acme", "h1", [booking(8)], [0])


async def test_B35_an_overflow_of_a_counter_is_no_outage(server: RedisServer) -> None:
    full = booking(2**53, limit=2**53)
    async with ledger(server) as (_, _, state):
        outcomes = [await _settled(state, f"h{number}", full) for number in range(1100)]
        assert outcomes[0] == "booked"
        assert outcomes[-1] == "refused"
        assert await state.ready()


async def _settled(state: RedisState, hold: str, full: Booking) -> str:
    try:
        await state.settle("acme", hold, [full], [full.amount])
    except AmountRefused:
        return "refused"
    return "booked"
