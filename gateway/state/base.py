"""The one contract of shared state. ``memory.py`` keeps it for one process, ``redis.py`` for many.

Every key of a counter, hold, entry or distinct count lies within a *scope*, which is a tenant or ``""``. What
one operation touches is in one scope, so that a Redis Cluster keeps it on one node and can change it at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """An amount to be booked on one counter, if its limit allows.

    A counter is a row of buckets, numbered by time. What counts is the sum of the buckets from ``oldest``
    on: a sliding window has many, a calendar budget has one, the period that ``bucket`` numbers.
    """

    counter: str
    """The counter's name within its scope."""
    bucket: int
    oldest: int
    amount: int
    limit: int
    expires: float
    """Wall clock, seconds since the epoch, after which nothing reads the bucket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DistinctEntry:
    """A member to be added to a HyperLogLog, which lives ``seconds`` from its first member."""

    name: str
    """The HyperLogLog's name within its scope."""
    member: bytes
    limit: int
    """Distinct members that are not too many."""
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What came of a reservation.

    ``used`` holds, for each booking, the sum after it was booked (when granted) or before (when refused).
    ``refused`` is the index of the first booking that does not fit, or ``None``. A refused reservation books nothing.
    ``frees`` is the newest bucket that must grow old before the refused booking would fit, or -1 when it never would.
    ``over`` says whether a sighting's limit is passed; ``None`` when nothing was sighted.
    """

    used: tuple[int, ...]
    refused: int | None
    frees: int = -1
    over: bool | None = None

    @property
    def granted(self) -> bool:
        """Whether everything was booked."""
        return self.refused is None


class State(Protocol):
    """Shared state.

    Every method but ``start``, ``close`` and ``ready`` raises ``StateUnavailable`` when the store can't answer in
    its time. Amounts are whole numbers of at most 2^53, so that Lua counts them exactly.
    """

    shared: bool
    """Whether other processes see the same state."""

    async def start(self) -> None:
        """Connect. A store that can't be reached yet is no error: calls fail until it can."""

    async def close(self) -> None:
        """Close every connection."""

    async def ready(self) -> bool:
        """Whether the store answers now and keeps what it is given."""

    async def reserve(
        self,
        scope: str,
        hold: str,
        bookings: Sequence[Booking],
        distinct_entry: DistinctEntry | None = None,
    ) -> Grant:
        """Book all of ``bookings`` or none. The same hold again gives the same answer and books nothing more.

        What is sighted is added when all was booked; a hold without bookings is not kept.
        """

    async def settle(
        self, scope: str, hold: str, bookings: Sequence[Booking], spent: Sequence[int]
    ) -> bool:
        """Put the truth in place of what was reserved, once: false when the hold was settled before.

        A hold that the store does not know (it was wiped, or reserved elsewhere) is booked with what was spent.
        """

    async def revoke(self, credential: str, until: float) -> None:
        """Revoke a credential until a moment on the wall clock, after which it has expired anyway."""

    async def revocations(self) -> Mapping[str, float]:
        """Every revoked credential and until when; those that are past may be missing."""

    async def trip(self, name: str, *, failures: int, within: float, seconds: float) -> bool:
        """Count a failure, and say whether that opened the breaker.

        ``failures`` of them, ``within`` seconds of the first, open it for ``seconds``.
        """

    async def tripped(self, names: Sequence[str]) -> frozenset[str]:
        """Those of the breakers that are open."""

    async def put(self, scope: str, name: str, value: bytes, seconds: float) -> None:
        """Keep a sealed value for a time. :class:`gateway.state.vault.StoredVault` seals.

        Raises ``StateUnavailable`` also when the store is nearly full: the room that is left is for counters.
        """

    async def get(self, scope: str, name: str) -> bytes | None:
        """A kept value, or ``None`` when it is gone."""

    async def delete(self, scope: str, name: str) -> None:
        """Forget a kept value."""
