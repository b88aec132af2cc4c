"""Sealed entries: who can open them, and who can't."""

import pytest

from gateway.keys import KeyRing
from gateway.state.memory import MemoryState
from gateway.state.vault import StoredVault

VALUE = b"Kenji Tanaka"


@pytest.fixture
def state() -> MemoryState:
    return MemoryState()


@pytest.fixture
def vault(state: MemoryState) -> StoredVault:
    return StoredVault(state, KeyRing.new())


async def test_what_is_put_comes_back_until_it_is_deleted(vault: StoredVault) -> None:
    await vault.put("acme", "billing", "name", VALUE, seconds=60)
    assert await vault.get("acme", "billing", "name") == VALUE
    await vault.delete("acme", "billing", "name")
    assert await vault.get("acme", "billing", "name") is None


async def test_T25_another_tenant_scope_or_name_opens_nothing(vault: StoredVault) -> None:
    await vault.put("acme", "billing", "name", VALUE, seconds=60)
    for place in (
        ("globex", "billing", "name"),
        ("acme", "support", "name"),
        ("acme", "billing", "other"),
        ("acme", "billingname", ""),
    ):
        assert await vault.get(*place) is None


async def test_T25_an_entry_that_is_moved_can_not_be_opened(
    state: MemoryState, vault: StoredVault
) -> None:
    await vault.put("acme", "billing", "name", VALUE, seconds=60)
    (sealed,) = (entry for _, entry in state._entries.values())
    for place in (("globex", "billing", "name"), ("acme", "support", "name")):
        await state.put(place[0], vault._entry_key(*place), sealed, 60)
        assert await vault.get(*place) is None


@pytest.mark.parametrize("cut", [0, 1, 2, 10, 30, -1])
async def test_an_entry_that_was_changed_or_cut_can_not_be_opened(
    state: MemoryState, vault: StoredVault, cut: int
) -> None:
    await vault.put("acme", "billing", "name", VALUE, seconds=60)
    place = vault._entry_key("acme", "billing", "name")
    sealed = await state.get("acme", place)
    assert sealed is not None
    flipped = bytearray(sealed)
    flipped[cut] ^= 1
    for entry in (bytes(flipped), sealed[:cut]):
        await state.put("acme", place, entry, 60)
        assert await vault.get("acme", "billing", "name") is None


async def test_entries_outlive_a_rotation_and_not_another_ring(state: MemoryState) -> None:
    ring = KeyRing.new()
    await StoredVault(state, ring).put("acme", "billing", "name", VALUE, seconds=60)
    assert await StoredVault(state, ring.rotate()).get("acme", "billing", "name") == VALUE
    assert await StoredVault(state, KeyRing.new()).get("acme", "billing", "name") is None


async def test_the_store_learns_neither_values_nor_names(
    state: MemoryState, vault: StoredVault
) -> None:
    await vault.put("acme", "billing", "name", VALUE, seconds=60)
    kept = repr(state._entries).encode()
    assert not any(word in kept for word in (b"Tanaka", b"billing", b"'name'"))
