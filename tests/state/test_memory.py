"""What only the memory of one process has: it forgets what has expired."""

import pytest

from gateway.errors import StateUnavailable
from gateway.state.base import Booking, DistinctEntry
from gateway.state.memory import MemoryState


async def test_what_has_expired_takes_no_memory() -> None:
    now = [1000.0]
    state = MemoryState(now=lambda: now[0])
    booking = Booking(counter="c", bucket=1, oldest=0, amount=1, limit=5, expires=1030.0)
    await state.reserve("acme", "h", [booking])
    await state.put("acme", "e", b"v", 30)
    await state.reserve("acme", "s", [], DistinctEntry(name="d", member=b"m", limit=1, seconds=30))
    await state.revoke("k", 1030.0)
    now[0] += 100_000
    await state.put("acme", "other", b"v", 30)
    assert await state.revocations() == {}
    assert not any((state._counters, state._holds, state._distinct))
    assert list(state._entries) == [("acme", "other")]


async def test_it_is_the_state_of_one_process() -> None:
    assert not MemoryState.shared
    state = MemoryState()
    await state.start()
    assert await state.ready()
    await state.close()


async def test_settled_holds_are_forgotten_soon() -> None:
    now = [1000.0]
    state = MemoryState(now=lambda: now[0])
    booking = Booking(counter="c", bucket=1, oldest=0, amount=1, limit=5, expires=9e9)
    for number in range(5):
        await state.reserve("acme", f"h{number}", [booking])
        await state.settle("acme", f"h{number}", [booking], [1])
    now[0] += 130
    await state.reserve("acme", "other", [booking])
    assert list(state._holds) == []
    assert (await state.reserve("acme", "look", [booking])).used == (5,)


async def test_entries_are_bounded_and_make_room_again() -> None:
    now = [1000.0]
    state = MemoryState(now=lambda: now[0])
    large = bytes(24 * 1024 * 1024)
    for name in ("a", "b", "b", "a"):
        await state.put("acme", name, large, 30)
    with pytest.raises(StateUnavailable):
        await state.put("acme", "c", large, 30)
    await state.delete("acme", "a")
    await state.delete("acme", "a")
    await state.put("acme", "c", large, 30)
    now[0] += 120
    for name in ("d", "e"):
        await state.put("acme", name, large, 30)
    assert sorted(name for _, name in state._entries) == ["d", "e"]
