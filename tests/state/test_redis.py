"""Redis frozen, killed, wiped, full and evicting: what each method says, and that none hangs."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.errors import StateUnavailable
from gateway.keys import KeyRing
from gateway.settings.state import State as StateSettings
from gateway.state.base import Booking, DistinctEntry
from gateway.state.redis import RedisState
from gateway.state.vault import StoredVault
from tests.parts.redis import RedisServer, sentinel

SIGHTING = DistinctEntry(name="d", member=b"m", limit=9, seconds=60)
CALLS: dict[str, Callable[[RedisState], Awaitable[object]]] = {
    "reserve": lambda state: state.reserve("acme", "h", [booking(1)]),
    "settle": lambda state: state.settle("acme", "h", [booking(1)], [1]),
    "revoke": lambda state: state.revoke("k", time.time() + 60),
    "revocations": lambda state: state.revocations(),
    "sight": lambda state: state.reserve("acme", "s", [], SIGHTING),
    "put": lambda state: state.put("acme", "e", b"v", 60),
    "get": lambda state: state.get("acme", "e"),
    "delete": lambda state: state.delete("acme", "e"),
}
WRITES = ("reserve", "sight", "put")
TIMEOUT_MS = 200


def booking(amount: int, *, limit: int = 10) -> Booking:
    return Booking(
        counter="c", bucket=1, oldest=0, amount=amount, limit=limit, expires=time.time() + 60
    )


@asynccontextmanager
async def running(url: str, timeout_ms: int = TIMEOUT_MS) -> AsyncIterator[RedisState]:
    state = RedisState(StateSettings(url=url, timeout_ms=timeout_ms))
    await state.start()
    try:
        yield state
    finally:
        await state.close()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[RedisServer]:
    async with RedisServer(tmp_path) as started:
        yield started


async def until_ready(state: RedisState) -> None:
    async with asyncio.timeout(10):
        while not await state.ready():
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("call", CALLS)
async def test_T46_a_frozen_store_never_hangs_a_call(server: RedisServer, call: str) -> None:
    async with running(server.url) as state:
        await CALLS[call](state)
        server.pause()
        async with asyncio.timeout(TIMEOUT_MS / 1000 * 10):
            for _ in range(4):
                with pytest.raises(StateUnavailable):
                    await CALLS[call](state)
        assert not await state.ready()
        server.resume()
        await until_ready(state)
        await CALLS[call](state)


async def test_T46_once_the_breaker_is_open_a_frozen_store_costs_no_time(
    server: RedisServer,
) -> None:
    async with running(server.url) as state:
        server.pause()
        for _ in range(3):
            with pytest.raises(StateUnavailable):
                await state.revocations()
        # Were each of them to wait, this would take 40 seconds.
        async with asyncio.timeout(10):
            for _ in range(200):
                with pytest.raises(StateUnavailable):
                    await state.revocations()
        server.resume()


@pytest.mark.parametrize("call", CALLS)
async def test_T47_a_killed_store_refuses_and_is_found_again(
    server: RedisServer, call: str
) -> None:
    async with running(server.url) as state:
        await CALLS[call](state)
        await server.kill()
        with pytest.raises(StateUnavailable):
            await CALLS[call](state)
        assert not await state.ready()
        await server.start()
        await until_ready(state)
        await CALLS[call](state)


async def test_a_store_that_is_not_there_yet_is_no_fault_at_the_start(tmp_path: Path) -> None:
    server = RedisServer(tmp_path)
    async with running(server.url) as state:
        with pytest.raises(StateUnavailable):
            await state.reserve("acme", "h", [booking(1)])
        assert not await state.ready()
        async with server:
            await until_ready(state)
            assert (await state.reserve("acme", "h", [booking(1)])).granted


async def test_a_wiped_store_books_the_truth_of_holds_that_it_has_forgotten(
    server: RedisServer,
) -> None:
    async with running(server.url) as state:
        await state.reserve("acme", "h", [booking(8)])
        server.cli("flushall")
        assert await state.settle("acme", "h", [booking(8)], [5])
        assert (await state.reserve("acme", "h2", [booking(1)])).used == (6,)


@pytest.mark.parametrize("call", WRITES)
async def test_a_full_store_refuses_what_it_can_not_keep(server: RedisServer, call: str) -> None:
    async with running(server.url) as state:
        await state.ready()
        server.cli("config", "set", "maxmemory", "1")
        for _ in range(5):
            with pytest.raises(StateUnavailable):
                await CALLS[call](state)
        assert not await state.ready()
        assert await state.revocations() == {}, "what asks for no room goes on"
        server.cli("config", "set", "maxmemory", "0")
        await until_ready(state)
        await CALLS[call](state)


async def test_a_store_that_is_nearly_full_keeps_its_room_for_counters(server: RedisServer) -> None:
    async with running(server.url) as state:
        used = int(server.cli("info", "memory").split("used_memory:")[1].split()[0])
        server.cli("config", "set", "maxmemory", str(int(used * 1.15)))
        assert await state.ready()
        with pytest.raises(StateUnavailable):
            await state.put("acme", "e", b"v", 60)
        assert (await state.reserve("acme", "h", [booking(1)])).granted
        server.cli("config", "set", "maxmemory", str(used * 2))
        assert await state.ready()
        await state.put("acme", "e", b"v", 60)


async def test_a_full_store_still_takes_revocations(server: RedisServer) -> None:
    async with running(server.url) as state:
        server.cli("config", "set", "maxmemory", "1")
        await state.revoke("billing", time.time() + 60)
        assert "billing" in await state.revocations()


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
async def test_a_store_that_may_evict_is_not_trusted_with_counters(
    server: RedisServer, policy: str
) -> None:
    server.cli("config", "set", "maxmemory", "100mb", "maxmemory-policy", policy)
    async with running(server.url) as state:
        assert not await state.ready()
        with pytest.raises(StateUnavailable):
            await state.reserve("acme", "h", [booking(1)])
        server.cli("config", "set", "maxmemory-policy", "noeviction")
        await until_ready(state)
        assert (await state.reserve("acme", "h", [booking(1)])).granted


async def test_a_wrong_password_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("wrong")
    async with RedisServer(tmp_path, "requirepass right") as server:
        settings = StateSettings(url=server.url, password_file=tmp_path / "password")
        state = RedisState(settings)
        await state.start()
        assert not await state.ready()
        await state.close()


async def test_the_replica_takes_over_when_the_master_dies(tmp_path: Path) -> None:
    async with sentinel(tmp_path) as (url, master, replica), running(url, 2000) as state:
        await state.revoke("billing", time.time() + 600)
        async with asyncio.timeout(10):
            while "billing" not in replica.cli("zrange", "sekisho:revoked", "0", "-1"):
                await asyncio.sleep(0.05)
        await master.kill()
        async with asyncio.timeout(30):
            while not await state.ready() or "role:master" not in replica.cli("info"):
                await asyncio.sleep(0.1)
        assert "billing" in await state.revocations()
        assert (await state.reserve("acme", "h", [booking(1)])).granted


async def test_what_a_vault_keeps_can_not_be_read_from_the_store(server: RedisServer) -> None:
    value = "Kenji Tanaka, 4111 1111 1111 1111"
    async with running(server.url) as state:
        vault = StoredVault(state, KeyRing.new())
        await vault.put("acme", "resp_1", "[PERSON_k7f3q2ab]", value.encode(), seconds=60)
        dump = server.dump()
        assert await vault.get("acme", "resp_1", "[PERSON_k7f3q2ab]") == value.encode()
    assert b"sekisho:{acme}:entry:" in dump
    for planted in (value, "Tanaka", "4111", "PERSON_k7f3q2ab", "resp_1"):
        assert planted.encode() not in dump
