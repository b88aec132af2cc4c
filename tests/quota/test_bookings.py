"""Quotas become bookings."""

from datetime import datetime
from typing import Any

import pytest

from gateway.quota.bookings import Tokens, available_at, bookings, ceiling, cost, spent
from gateway.settings.quotas import Price, Quota
from tests.parts.samples import principal

NOW = datetime.fromisoformat("2026-03-29T12:30:00+00:00").timestamp()
TOKENS = Tokens(input=100, output=50)
CHEAP, DEAR = Price(input=0.5, output=2), Price(input=1, output=4)


def quota(**changes: Any) -> Quota:
    named = {"name": "q", "count": "requests", "limit": 10, **changes}
    if "calendar" not in changes:
        named.setdefault("window_seconds", 60)
    return Quota(**named)


def book(*quotas: Quota, groups: tuple[str, ...] = ("finance",), now: float = NOW) -> Any:
    return bookings(
        quotas,
        principal=principal(groups=frozenset(groups)),
        model="deepseek-r1",
        tokens=TOKENS,
        prices=[CHEAP, DEAR],
        now=now,
    )


def test_requests_tokens_and_the_dearest_price() -> None:
    counts = ("requests", "tokens", "money")
    booked = book(*(quota(name=count, count=count) for count in counts))
    assert [entry.booking.amount for entry in booked] == [1, 150, 300]
    assert [entry.booking.limit for entry in booked] == [10, 10, 10_000_000]
    assert spent(booked, Tokens(input=10, output=5), CHEAP) == (1, 15, 15)
    assert spent(booked, Tokens(input=0, output=0), None) == (1, 0, 0)


def test_a_part_of_a_millionth_is_rounded_up() -> None:
    assert cost(Tokens(input=1, output=0), Price(input=0.1, output=0)) == 1
    assert ceiling(quota(count="money", limit=0.1)) == 100_000


@pytest.mark.parametrize(
    ("only", "counts"),
    [
        ({}, True),
        ({"app": "billing", "tenant": "acme", "key": "billing", "model": "deepseek-r1"}, True),
        ({"group": "finance"}, True),
        ({"group": "legal"}, False),
        ({"tenant": "globex"}, False),
        ({"app": "other"}, False),
        ({"app": "billing", "model": "other"}, False),
        ({"key": "other"}, False),
    ],
)
def test_only_what_agrees_in_everything_is_counted(only: dict[str, str], counts: bool) -> None:
    assert bool(book(quota(only=only))) == counts


def test_holders_have_counters_of_their_own() -> None:
    def names(*per: str, groups: tuple[str, ...] = ("b", "a")) -> list[str]:
        return [e.booking.counter for e in book(quota(per=per), groups=groups)]

    assert names() == ["q:"]
    assert names("model", "app") == ["q:app=billing,model=deepseek-r1"]
    assert names("key", "group") == ["q:key=billing,group=a", "q:key=billing,group=b"]
    assert names("group", groups=()) == []


def test_a_window_counts_itself_and_at_most_a_bucket_more() -> None:
    (entry,) = book(quota(window_seconds=120))
    assert (entry.booking.bucket - entry.booking.oldest) * 2 == 120
    assert entry.resets == NOW + 120
    assert available_at(entry, entry.booking.oldest) == pytest.approx(NOW + 2)
    assert available_at(entry, entry.booking.bucket) == pytest.approx(NOW + 122)


@pytest.mark.parametrize(
    ("calendar", "zone", "begins", "ends"),
    [
        ("hour", "UTC", "2026-03-29T12:00:00+00:00", "2026-03-29T13:00:00+00:00"),
        # B38: hours of the local clock, also where it is a part of an hour apart.
        ("hour", "Asia/Kolkata", "2026-03-29T12:30:00+00:00", "2026-03-29T13:30:00+00:00"),
        ("hour", "Asia/Kathmandu", "2026-03-29T12:15:00+00:00", "2026-03-29T13:15:00+00:00"),
        ("day", "UTC", "2026-03-29T00:00:00+00:00", "2026-03-30T00:00:00+00:00"),
        ("day", "Asia/Tokyo", "2026-03-28T15:00:00+00:00", "2026-03-29T15:00:00+00:00"),
        # The day on which summer time begins has 23 hours.
        ("day", "Europe/Berlin", "2026-03-28T23:00:00+00:00", "2026-03-29T22:00:00+00:00"),
        ("week", "UTC", "2026-03-23T00:00:00+00:00", "2026-03-30T00:00:00+00:00"),
        ("month", "Asia/Tokyo", "2026-02-28T15:00:00+00:00", "2026-03-31T15:00:00+00:00"),
    ],
)
def test_periods_begin_where_the_zone_says(
    calendar: str, zone: str, begins: str, ends: str
) -> None:
    (entry,) = book(quota(calendar=calendar, zone=zone))
    assert entry.booking.bucket == datetime.fromisoformat(begins).timestamp()
    assert entry.booking.oldest == entry.booking.bucket
    assert entry.resets == datetime.fromisoformat(ends).timestamp()
    assert available_at(entry, entry.booking.bucket) == entry.resets
    assert entry.booking.expires > entry.resets
