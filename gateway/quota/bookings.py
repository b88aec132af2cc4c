"""The bookings of a request: which counters of the configured quotas it changes, by how much, in which bucket of time."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gateway import timeouts
from gateway.settings.quotas import Price, Quota
from gateway.state.base import MAX_AMOUNT, Booking
from gateway.types import Principal

MICRO = 1_000_000
"""Money is counted in millionths: a price per million tokens is then the price of one token."""
_BUCKETS = 60
"""Buckets in a sliding window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Tokens of one request, reserved or used."""

    input: int
    output: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """A booking and its quota."""

    quota: Quota
    booking: Booking
    resets: float
    """Wall clock at which the window has passed, or the period ends."""


def bookings(
    quotas: Iterable[Quota],
    *,
    principal: Principal,
    model: str,
    tokens: Tokens,
    prices: Iterable[Price],
    now: float,
) -> tuple[Booked, ...]:
    """One booking for each counter that a request changes. ``prices`` are those of all deployments that may serve it."""
    highest_cost = max((cost(tokens, price) for price in prices), default=0)
    amounts = {
        "requests": 1,
        "tokens": tokens.input + tokens.output,
        "money": highest_cost,
        "concurrent": 1,
    }
    return tuple(
        _booked(quota, holder, amounts[quota.count], now)
        for quota in quotas
        if _counts(quota, principal, model)
        for holder in _holders(quota, principal, model)
    )


def spent(booked: Iterable[Booked], tokens: Tokens, price: Price | None) -> tuple[int, ...]:
    """The final amount of each booking. A request counts as one, whatever its outcome, and is no longer in flight."""
    money = cost(tokens, price) if price else 0
    amounts = {
        "requests": 1,
        "tokens": tokens.input + tokens.output,
        "money": money,
        "concurrent": 0,
    }
    return tuple(amounts[entry.quota.count] for entry in booked)


def cost(tokens: Tokens, price: Price) -> int:
    """Millionths of the currency, rounded up; at most what a counter can hold."""
    return math.ceil(min(tokens.input * price.input + tokens.output * price.output, MAX_AMOUNT))


def ceiling(quota: Quota) -> int:
    """The limit in the unit in which it is counted."""
    # round: 2.01 * 1,000,000 is 2009999.9999999998.
    return round(quota.limit * MICRO) if quota.count == "money" else int(quota.limit)


def available_at(entry: Booked, bucket: int) -> float:
    """Wall clock at which that bucket no longer counts."""
    if entry.quota.window_seconds is None or bucket < 0:
        return entry.resets
    return (bucket + 1) * _width(entry.quota.window_seconds) + entry.quota.window_seconds


def _counts(quota: Quota, principal: Principal, model: str) -> bool:
    only = quota.only
    return (
        only.tenant in (None, principal.tenant)
        and only.app in (None, principal.app)
        and only.key in (None, principal.credential_id)
        and only.model in (None, model)
        and (only.group is None or only.group in principal.groups)
    )


def _holders(quota: Quota, principal: Principal, model: str) -> Iterator[str]:
    """The names of the counters: one, or one for each of the caller's groups."""
    named: Mapping[str, str] = {
        "app": principal.app,
        "key": principal.credential_id,
        "model": model,
    }
    base = [f"{kind}={named[kind]}" for kind in sorted(quota.per) if kind != "group"]
    # A caller without groups has no counter of a quota per group.
    groups = sorted(principal.groups) if "group" in quota.per else [None]
    for group in groups:
        yield ",".join([*base, *([] if group is None else [f"group={group}"])])


def _booked(quota: Quota, holder: str, amount: int, now: float) -> Booked:
    if quota.window_seconds is not None:
        width = _width(quota.window_seconds)
        bucket = int(now // width)
        oldest = int((now - quota.window_seconds) // width)
        resets = now + quota.window_seconds
    else:
        begins, ends = _period(quota, now)
        bucket = oldest = int(begins)
        resets = ends
    booking = Booking(
        counter=f"{quota.name}:{holder}",
        bucket=bucket,
        oldest=oldest,
        amount=amount,
        limit=ceiling(quota),
        # Requests that were reserved within the window may be settled after it.
        expires=resets + timeouts.QUOTA_SLACK,
    )
    return Booked(quota=quota, booking=booking, resets=resets)


def _width(window: int) -> float:
    """Seconds in one bucket of a sliding window. The window is counted in full, and at most one bucket beyond it."""
    return window / _BUCKETS


def _period(quota: Quota, now: float) -> tuple[float, float]:
    """When the period of the calendar that includes ``now`` begins and ends."""
    zone = ZoneInfo(quota.zone)
    moment = datetime.fromtimestamp(now, zone)
    if quota.calendar == "hour":
        # By the local clock: some zones are half or a quarter of an hour apart from the others.
        offset = moment.utcoffset() or timedelta()
        begins = now - (now + offset.total_seconds()) % 3600
        return begins, begins + 3600
    # Local midnights, not multiples of 86,400 seconds: days on which the clock changes have 23 or 25 hours.
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if quota.calendar == "month":
        begin = day.replace(day=1)
        # 32 days after the first is always in the next month.
        end = (begin + timedelta(days=32)).replace(day=1)
    elif quota.calendar == "week":
        begin = day - timedelta(days=day.weekday())
        # Adding days to a local time keeps its clock at midnight, also across a change of offset.
        end = begin + timedelta(days=7)
    else:
        begin, end = day, day + timedelta(days=1)
    return begin.timestamp(), end.timestamp()
