"""Revocations: shared between gateways, read from the key file, and restored in a store that lost them."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import structlog

from gateway.errors import IdentityUnavailable
from gateway.identity.keys.key_file import KeyFile, mint, write
from gateway.identity.keys.revocations import Revocations
from gateway.keys import KeyRing
from gateway.settings.state import State as StateSettings
from gateway.state.memory import MemoryState
from gateway.state.redis import RedisState
from tests.parts.redis import RedisServer


@asynccontextmanager
async def replica(url: str) -> AsyncIterator[tuple[Revocations, RedisState]]:
    state = RedisState(StateSettings(url=url, timeout_ms=200))
    revocations = Revocations(state, None, stale_seconds=1.0, log=structlog.get_logger())
    await state.start()
    await revocations.start()
    try:
        yield revocations, state
    finally:
        await revocations.close()
        await state.close()


async def until_revoked(revocations: Revocations, name: str) -> float:
    began = time.monotonic()
    async with asyncio.timeout(10):
        while not revocations.revoked(name):
            await asyncio.sleep(0.01)
    return time.monotonic() - began


async def test_every_replica_receives_a_revocation(tmp_path: Path) -> None:
    async with RedisServer(tmp_path) as server:
        async with replica(server.url) as (one, state), replica(server.url) as (other, _):
            assert not other.revoked("k1")
            await state.revoke("k1", time.time() + 60)
            await until_revoked(one, "k1")
            await until_revoked(other, "k1")
            assert other.revoked("k0", "k1")
            assert not other.revoked("k0")


async def test_revocations_are_written_back_to_a_wiped_store(tmp_path: Path) -> None:
    async with RedisServer(tmp_path) as server, replica(server.url) as (revocations, state):
        await state.revoke("k1", time.time() + 60)
        await until_revoked(revocations, "k1")
        server.cli("flushall")
        async with asyncio.timeout(10):
            while "k1" not in await state.revocations():
                await asyncio.sleep(0.01)
        assert revocations.revoked("k1")


@pytest.mark.parametrize("fault", ["pause", "kill"])
async def test_T47_a_stale_list_is_refused(tmp_path: Path, fault: str) -> None:
    async with RedisServer(tmp_path) as server, replica(server.url) as (revocations, state):
        await state.revoke("k1", time.time() + 60)
        await until_revoked(revocations, "k1")
        await revocations.require_fresh()
        server.pause() if fault == "pause" else await server.kill()
        async with asyncio.timeout(10):
            while revocations.fresh():
                await asyncio.sleep(0.05)
            with pytest.raises(IdentityUnavailable):
                await revocations.require_fresh()
        assert revocations.revoked("k1"), "known revocations are kept"
        server.resume() if fault == "pause" else await server.start()
        async with asyncio.timeout(10):
            while not revocations.fresh():
                await asyncio.sleep(0.05)
        await revocations.require_fresh()


async def test_keys_revoked_in_the_file_count_and_an_unreadable_file_is_not_fresh(
    tmp_path: Path,
) -> None:
    ring, path = KeyRing.new(), tmp_path / "keys.json"
    _, row = mint(ring, key_id="a", tenant="t", app="b", groups=(), expires=None)
    write(path, [row])
    now = [0.0]
    revocations = Revocations(
        MemoryState(),
        KeyFile(path, ring),
        stale_seconds=1.0,
        log=structlog.get_logger(),
        clock=lambda: now[0],
    )
    await revocations.start()
    assert not revocations.revoked(row.prefix)
    path.write_text("{")
    now[0] = 5.0
    with pytest.raises(IdentityUnavailable):
        await revocations.require_fresh()
    write(path, [row.model_copy(update={"revoked": row.created})])
    await revocations.require_fresh()
    assert revocations.revoked(row.prefix)
    await revocations.close()


async def test_a_revocation_ends_with_its_time() -> None:
    state = MemoryState()
    revocations = Revocations(state, None, stale_seconds=1.0, log=structlog.get_logger())
    await state.revoke("k1", time.time() + 0.2)
    await revocations.start()
    assert revocations.revoked("k1")
    await asyncio.sleep(0.3)
    assert not revocations.revoked("k1")
    await revocations.close()


class Forgetful(MemoryState):
    """Loses all revocations once, and receives another one while a lost one is written back."""

    def __init__(self) -> None:
        super().__init__()
        self.lost = False
        self.polled: Revocations | None = None

    async def revocations(self) -> dict[str, float]:
        return {} if self.lost else dict(await super().revocations())

    async def revoke(self, credential: str, until: float) -> None:
        await super().revoke(credential, until)
        if self.lost and self.polled is not None:
            self.lost, poller, self.polled = False, self.polled, None
            await super().revoke("k2", until)
            await poller._poll()


async def test_a_revocation_that_arrives_while_lost_ones_are_written_back_counts() -> None:
    state = Forgetful()
    revocations = Revocations(state, None, stale_seconds=1.0, log=structlog.get_logger())
    await state.revoke("k0", time.time() + 60)
    await state.revoke("k1", time.time() + 60)
    await revocations._poll()
    state.lost, state.polled = True, revocations
    await revocations._poll()
    assert revocations.revoked("k0")
    assert revocations.revoked("k1")
    assert revocations.revoked("k2")
