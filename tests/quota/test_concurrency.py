"""The bound on concurrent requests."""

import pytest

from gateway.errors import RateLimited
from gateway.quota.concurrency import Concurrency
from tests.parts.samples import principal


def test_the_limit_is_per_credential() -> None:
    quota = Concurrency(2)
    first = quota.reserve(principal("a"))
    quota.reserve(principal("a"))
    quota.reserve(principal("b"))
    with pytest.raises(RateLimited) as caught:
        quota.reserve(principal("a"))
    assert caught.value.retry_after == 1
    first.settle()
    quota.reserve(principal("a"))


def test_settling_twice_gives_back_one_place() -> None:
    quota = Concurrency(1)
    first = quota.reserve(principal("a"))
    first.settle()
    second = quota.reserve(principal("a"))
    first.settle()
    with pytest.raises(RateLimited):
        quota.reserve(principal("a"))
    second.settle()


def test_idle_credentials_cost_nothing() -> None:
    quota = Concurrency(1)
    for name in ("a", "b", "c"):
        quota.reserve(principal(name)).settle()
    assert not quota._held
