"""The limit on wrong secrets."""

import pytest

from gateway.errors import RateLimited
from gateway.identity import lockout
from gateway.identity.lockout import Lockout


def test_wrong_secrets_lock_one_key_for_one_address_for_a_time() -> None:
    now = [0.0]
    guard = Lockout(3, 60.0, clock=lambda: now[0])
    for _ in range(3):
        guard.check("10.0.0.1", "k1")
        guard.failed("10.0.0.1", "k1")
    with pytest.raises(RateLimited) as caught:
        guard.check("10.0.0.1", "k1")
    assert caught.value.retry_after == 60
    guard.check("10.0.0.2", "k1")
    guard.check("10.0.0.1", "k2")
    now[0] = 60.0
    guard.check("10.0.0.1", "k1")
    guard.failed("10.0.0.1", "k1")
    guard.check("10.0.0.1", "k1")


def test_its_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lockout, "_MAX_ENTRIES", 5)
    guard = Lockout(1, 60.0)
    for number in range(20):
        guard.failed(f"10.0.0.{number}", "k1")
    assert len(guard._counts) == 5
