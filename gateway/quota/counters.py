"""The counters of quotas: in the shared store and, for a limited time while that is unavailable, in this process."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from gateway import timeouts
from gateway.background import Background
from gateway.errors import StateUnavailable
from gateway.state.base import AmountRefused, Booking, DistinctEntry, Grant, State
from gateway.state.memory import MemoryState


class QuotaCounters:
    """Reserves amounts, and settles them with retries until the store has confirmed.

    Args:
        state: the shared store.
        grace_seconds: how long this process counts by itself while the store is unavailable.
        grace_share: the share of each limit that it may grant in that time.
        clock: a monotonic clock.
        background: runs the settlements.
    """

    def __init__(
        self,
        state: State,
        *,
        grace_seconds: float,
        grace_share: float,
        clock: Callable[[], float] = time.monotonic,
        background: Background | None = None,
    ) -> None:
        self._state = state
        self._grace_seconds = grace_seconds
        self._share = grace_share
        self._clock = clock
        self._unavailable_since: float | None = None
        self._local = MemoryState()
        self._granted_locally: set[str] = set()
        self.settlements = (background or Background()).jobs("settlements")
        """Settlements that the store has not confirmed yet."""

    async def reserve(
        self,
        scope: str,
        hold: str,
        bookings: Sequence[Booking],
        distinct_entry: DistinctEntry | None = None,
    ) -> Grant:
        """Book all amounts or none, and count the distinct entry.

        A distinct entry that can't be counted causes no refusal: ``over`` of the grant is then ``None``.

        Raises:
            StateUnavailable: the store is unavailable, and this process may grant no more by itself.
        """
        try:
            grant = await self._state.reserve(scope, hold, bookings, distinct_entry)
        except StateUnavailable:
            if self.in_grace_period():
                return await self._grant_locally(scope, hold, bookings, distinct_entry)
            if bookings:
                raise
            # No quota applies, so the request continues: policy decides about a prompt that was not counted.
            return Grant(used=(), refused=None)
        self.store_recovered()
        return grant

    def in_grace_period(self) -> bool:
        """Whether requests may be granted while the store is unavailable; the period begins with the first call."""
        now = self._clock()
        if self._unavailable_since is None:
            # A new count for each outage: what was granted in the last one is settled with the store.
            self._unavailable_since, self._local = now, MemoryState()
        return self._share > 0 and now - self._unavailable_since < self._grace_seconds

    def store_recovered(self) -> None:
        """Note that the store answers: the next outage has a grace period of its own."""
        self._unavailable_since = None

    def settle(
        self, scope: str, hold: str, bookings: Sequence[Booking], spent: Sequence[int]
    ) -> None:
        """Replace the reserved amounts by those spent, in a task that retries until the store has confirmed."""
        self.settlements.spawn(self._settle(scope, hold, bookings, spent))

    async def start(self) -> None:
        """Nothing to start."""

    async def close(self) -> None:
        """Wait for settlements, at most ``timeouts.SETTLE_DRAIN`` seconds; what is not settled stays reserved."""
        await self.settlements.close(grace=timeouts.SETTLE_DRAIN)

    async def _settle(
        self, scope: str, hold: str, bookings: Sequence[Booking], spent: Sequence[int]
    ) -> None:
        try:
            await self._settle_amounts(scope, hold, bookings, spent)
        except AmountRefused:
            # No more than was reserved: the counters hold that already, so it is not refused.
            held = [min(max(0, s), b.amount) for b, s in zip(bookings, spent, strict=True)]
            await self._settle_amounts(scope, hold, bookings, held)

    async def _settle_amounts(
        self, scope: str, hold: str, bookings: Sequence[Booking], spent: Sequence[int]
    ) -> None:
        if hold in self._granted_locally:
            # The store does not know this hold, and so books all that was spent.
            await self._local.settle(scope, hold, bookings, spent)
            self._granted_locally.discard(hold)
        await _until_taken(lambda: self._state.settle(scope, hold, bookings, spent))

    async def _count_distinct(self, scope: str, hold: str, distinct_entry: DistinctEntry) -> None:
        await _until_taken(lambda: self._state.reserve(scope, hold, (), distinct_entry))

    async def _grant_locally(
        self,
        scope: str,
        hold: str,
        bookings: Sequence[Booking],
        distinct_entry: DistinctEntry | None,
    ) -> Grant:
        """Grant up to this process's share. A refusal is reported as unavailability: the true count is unknown."""
        # A share of the limit, since all processes grant by themselves at the same time.
        parts = [replace(booking, limit=int(booking.limit * self._share)) for booking in bookings]
        part = distinct_entry and replace(
            distinct_entry, limit=int(distinct_entry.limit * self._share)
        )
        grant = await self._local.reserve(scope, hold, parts, part)
        if not grant.granted:
            raise StateUnavailable("Quotas can't be counted now. Try again later.")
        if bookings:
            self._granted_locally.add(hold)
        if distinct_entry is not None:
            self.settlements.spawn(self._count_distinct(scope, hold, distinct_entry))
        return grant


async def _until_taken(call: Callable[[], Awaitable[object]]) -> None:
    """Repeat a call until the store has answered.

    Raises:
        AmountRefused: it answered that it can't book an amount.
    """
    tries = 0
    # Without a limit: an amount that is never settled stays reserved. `close` ends it.
    while True:
        try:
            await call()
        except StateUnavailable:
            await asyncio.sleep(
                timeouts.SETTLE_RETRIES[min(tries, len(timeouts.SETTLE_RETRIES) - 1)]
            )
            tries += 1
        else:
            return
