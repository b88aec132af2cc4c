"""The counters behind quotas: the shared store, and for a while this process when the store is away."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Final

from gateway.errors import StateUnavailable
from gateway.state.base import Booking, Grant, Sighting, State
from gateway.state.memory import MemoryState

_RETRY_SECONDS: Final = (0.1, 0.5, 1.0, 2.0, 5.0)
_DRAIN_SECONDS: Final = 5.0


class Ledger:
    """Reserves now, and settles for certain.

    Args:
        state: the shared store.
        grace_seconds: how long this process counts alone when the store is away.
        grace_share: the part of each limit that it may grant in that time.
        clock: a monotonic clock.
    """

    def __init__(
        self,
        state: State,
        *,
        grace_seconds: float,
        grace_share: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._state = state
        self._grace_seconds = grace_seconds
        self._share = grace_share
        self._clock = clock
        self._away_since: float | None = None
        self._alone = MemoryState()
        self._granted_alone: set[str] = set()
        self._settling: set[asyncio.Task[None]] = set()

    async def reserve(
        self, scope: str, hold: str, bookings: Sequence[Booking], sighting: Sighting | None = None
    ) -> Grant:
        """Book all or nothing, and count what is sighted.

        A sighting that can't be counted is no reason to refuse: the grant then doesn't say whether it is over.

        Raises:
            StateUnavailable: the store is away, and this process may grant no more by itself.
        """
        try:
            grant = await self._state.reserve(scope, hold, bookings, sighting)
        except StateUnavailable:
            if self.bridging():
                return await self._grant_alone(scope, hold, bookings, sighting)
            if bookings:
                raise
            return Grant(used=(), refused=None)
        self.returned()
        return grant

    def bridging(self) -> bool:
        """Whether requests may be granted although the store is away; the time begins to run when first asked."""
        now = self._clock()
        if self._away_since is None:
            self._away_since, self._alone = now, MemoryState()
        return self._share > 0 and now - self._away_since < self._grace_seconds

    def returned(self) -> None:
        """The store answers again: the next time that it is away has a grace of its own."""
        self._away_since = None

    def settle(
        self, scope: str, hold: str, bookings: Sequence[Booking], spent: Sequence[int]
    ) -> None:
        """Put the truth in place of the estimate, by a task that tries until the store has taken it."""
        self._later(self._settle(scope, hold, bookings, spent))

    async def start(self) -> None:
        """Nothing to start."""

    async def close(self) -> None:
        """Wait for what is being settled, for a while: what the store does not take stays as reserved."""
        if not self._settling:
            return
        _, left = await asyncio.wait(self._settling, timeout=_DRAIN_SECONDS)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)

    async def _settle(
        self, scope: str, hold: str, bookings: Sequence[Booking], spent: Sequence[int]
    ) -> None:
        if hold in self._granted_alone:
            self._granted_alone.discard(hold)
            await self._alone.settle(scope, hold, bookings, spent)
        await _until_taken(lambda: self._state.settle(scope, hold, bookings, spent))

    async def _sight(self, scope: str, hold: str, sighting: Sighting) -> None:
        await _until_taken(lambda: self._state.reserve(scope, hold, (), sighting))

    async def _grant_alone(
        self, scope: str, hold: str, bookings: Sequence[Booking], sighting: Sighting | None
    ) -> Grant:
        """Up to this process's share. A refusal is not told as one: nobody knows what is really left."""
        parts = [replace(booking, limit=int(booking.limit * self._share)) for booking in bookings]
        part = sighting and replace(sighting, limit=int(sighting.limit * self._share))
        grant = await self._alone.reserve(scope, hold, parts, part)
        if not grant.granted:
            raise StateUnavailable("Quotas can't be counted now. Try again later.")
        if bookings:
            self._granted_alone.add(hold)
        if sighting is not None:
            self._later(self._sight(scope, hold, sighting))
        return grant


async def _until_taken(call: Callable[[], Awaitable[object]]) -> None:
    """Call until the store has taken it."""
    tries = 0
    while True:
        try:
            await call()
        except StateUnavailable:
            await asyncio.sleep(_RETRY_SECONDS[min(tries, len(_RETRY_SECONDS) - 1)])
            tries += 1
        else:
            return
