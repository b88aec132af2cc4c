"""The interface of shared state: counters, revocations and stored entries.

``memory.py`` implements it for one process, ``redis.py`` for several.

Every counter, hold, entry and distinct count belongs to a *scope*, which is a tenant or ``""``. One operation uses
one scope only, so that a Redis Cluster keeps its keys on one node and can change them atomically.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

MAX_AMOUNT = 2**53
"""Largest amount: Lua's floating-point numbers represent whole numbers up to it exactly."""


class AmountRefused(ValueError):
    """The store can't book these amounts. It is available: to repeat the call is useless."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """An amount to book on one counter, if its limit allows.

    A counter consists of buckets, numbered by time. Its value is the sum of the buckets from ``oldest`` on: a sliding
    window has many, a calendar budget has one, for the period ``bucket``.
    """

    counter: str
    """The counter's name within its scope."""
    bucket: int
    oldest: int
    amount: int
    limit: int
    expires: float
    """Seconds since the epoch, after which the bucket is no longer read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DistinctEntry:
    """A member to add to a HyperLogLog, which expires ``seconds`` after its first member."""

    name: str
    """The HyperLogLog's name within its scope."""
    member: bytes
    limit: int
    """Maximum number of distinct members."""
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """The result of a reservation.

    ``used`` holds, for each booking, the sum after it was booked (when granted) or before (when refused).
    ``refused`` is the index of the first booking that does not fit, or ``None``. A refused reservation books nothing.
    ``frees`` is the newest bucket that must leave the window before the refused booking fits, or -1 if it never does.
    ``over`` says whether the limit of the distinct entry is exceeded; ``None`` without a distinct entry.
    """

    used: tuple[int, ...]
    refused: int | None
    frees: int = -1
    over: bool | None = None

    @property
    def granted(self) -> bool:
        """Whether everything was booked."""
        return self.refused is None


def check_amounts(bookings: Sequence[Booking], figures: Sequence[int]) -> None:
    """Check amounts before any of them is booked. ``figures`` are the limits, or the amounts spent.

    Raises:
        AmountRefused: one can't be counted.
    """
    amounts = [*figures, *(booking.amount for booking in bookings)]
    if not all(0 <= amount <= MAX_AMOUNT for amount in amounts):
        raise AmountRefused("The shared state store can't book this amount.")


class State(Protocol):
    """Shared state.

    Every method except ``start``, ``close`` and ``ready`` raises ``StateUnavailable`` when the store does not answer in
    time. Amounts are whole numbers of at most ``MAX_AMOUNT``; ``reserve`` and ``settle`` raise ``AmountRefused`` for others, and where
    a counter would overflow.
    """

    shared: bool
    """Whether other processes see the same state."""

    async def start(self) -> None:
        """Connect. An unreachable store is not an error here: calls fail until it can be reached."""

    async def close(self) -> None:
        """Close every connection."""

    async def ready(self) -> bool:
        """Whether the store answers now and accepts writes."""

    async def reserve(
        self,
        scope: str,
        hold: str,
        bookings: Sequence[Booking],
        distinct_entry: DistinctEntry | None = None,
    ) -> Grant:
        """Book all of ``bookings`` or none. Repeating a hold returns the same grant and books nothing more.

        The distinct entry is added once everything is booked. A hold without bookings is not stored.
        """

    async def settle(
        self, scope: str, hold: str, bookings: Sequence[Booking], spent: Sequence[int]
    ) -> bool:
        """Replace the reserved amounts by what was spent, once: false when the hold was settled before.

        For a hold that the store does not know (it was wiped, or reserved elsewhere), what was spent is booked.
        """

    async def revoke(self, credential: str, until: float) -> None:
        """Revoke a credential until a time (seconds since the epoch) after which it has expired anyway."""

    async def revocations(self) -> Mapping[str, float]:
        """Every revoked credential, and until when. Those whose time is past may be missing."""

    async def put(self, scope: str, name: str, value: bytes, seconds: float) -> None:
        """Store an encrypted value for a time; :class:`gateway.state.vault.StoredVault` encrypts it.

        Raises ``StateUnavailable`` also when the store is nearly full: the remaining space is for counters.
        """

    async def get(self, scope: str, name: str) -> bytes | None:
        """A stored value, or ``None`` when it has expired or was never stored."""

    async def delete(self, scope: str, name: str) -> None:
        """Delete a stored value."""
