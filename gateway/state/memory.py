"""``memory://``: state within one process, lost when the process ends."""

import math
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b

from gateway import timeouts
from gateway.errors import StateUnavailable
from gateway.state.base import Booking, DistinctEntry, Grant, check_amounts

_ENTRY_BYTES = 64 * 1024 * 1024
"""Maximum size of all stored entries in one process."""
_REGISTERS_BITS = 12
_REGISTERS = 1 << _REGISTERS_BITS


class MemoryState:
    """State within one process. The methods never suspend, so that each of them is atomic on the event loop.

    Args:
        now: the wall clock.
    """

    shared = False

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._counters: defaultdict[tuple[str, str], dict[int, int]] = defaultdict(dict)
        self._expiry: dict[tuple[str, str], float] = {}
        self._holds: dict[tuple[str, str], tuple[float, Grant | None]] = {}
        self._revoked: dict[str, float] = {}
        self._distinct: dict[tuple[str, str], tuple[float, bytearray]] = {}
        self._entries: dict[tuple[str, str], tuple[float, bytes]] = {}
        self._held = 0
        self._swept = now()

    async def start(self) -> None:
        """Nothing to connect to."""

    async def close(self) -> None:
        """Nothing to close."""

    async def ready(self) -> bool:
        return True

    async def reserve(
        self,
        scope: str,
        hold: str,
        bookings: Sequence[Booking],
        distinct_entry: DistinctEntry | None = None,
    ) -> Grant:
        check_amounts(bookings, [booking.limit for booking in bookings])
        self._sweep()
        grant = self._booked(scope, hold, bookings)
        if distinct_entry is None or not grant.granted:
            return grant
        return replace(grant, over=self._add_distinct(scope, distinct_entry) > distinct_entry.limit)

    async def settle(
        self, scope: str, hold: str, bookings: Sequence[Booking], spent: Sequence[int]
    ) -> bool:
        check_amounts(bookings, spent)
        known = self._holds.get((scope, hold))
        if known is not None and known[1] is None:
            return False
        for booking, amount in zip(bookings, spent, strict=True):
            self._add(scope, booking, amount - (booking.amount if known else 0))
        # Kept for a while: a late repetition of the hold must not book again.
        self._holds[scope, hold] = (self._now() + timeouts.MEMORY_SETTLED_LIFETIME, None)
        return True

    async def revoke(self, credential: str, until: float) -> None:
        self._revoked[credential] = max(until, self._revoked.get(credential, 0.0))

    async def revocations(self) -> Mapping[str, float]:
        now = self._now()
        self._revoked = {name: until for name, until in self._revoked.items() if until > now}
        return dict(self._revoked)

    async def put(self, scope: str, name: str, value: bytes, seconds: float) -> None:
        self._sweep()
        await self.delete(scope, name)  # first, so that a replaced value does not count twice
        if self._held + len(value) > _ENTRY_BYTES:
            raise StateUnavailable("The memory for stored entries is full. Try again later.")
        self._held += len(value)
        self._entries[scope, name] = (self._now() + seconds, value)

    async def get(self, scope: str, name: str) -> bytes | None:
        expires, value = self._entries.get((scope, name), (0.0, b""))
        return value if expires > self._now() else None

    async def delete(self, scope: str, name: str) -> None:
        self._held -= len(self._entries.pop((scope, name), (0.0, b""))[1])

    def _booked(self, scope: str, hold: str, bookings: Sequence[Booking]) -> Grant:
        known = self._holds.get((scope, hold))
        if known is not None:
            # None: the hold was settled meanwhile, so the counters already hold its actual usage.
            return known[1] or self._grant(scope, bookings, booked=True)
        grant = self._grant(scope, bookings, booked=False)
        if grant.granted and bookings:
            for booking in bookings:
                self._add(scope, booking, booking.amount)
            self._holds[scope, hold] = (self._now() + timeouts.HOLD_LIFETIME, grant)
        return grant

    def _add_distinct(self, scope: str, distinct_entry: DistinctEntry) -> int:
        """The estimated number of distinct members, this one included."""
        now = self._now()
        expires, registers = self._distinct.get((scope, distinct_entry.name), (0.0, bytearray()))
        if expires <= now:
            expires, registers = now + distinct_entry.seconds, bytearray(_REGISTERS)
            self._distinct[scope, distinct_entry.name] = (expires, registers)
        _observe(registers, distinct_entry.member)
        return _cardinality(registers)

    def _grant(self, scope: str, bookings: Sequence[Booking], *, booked: bool) -> Grant:
        used = [self._used(scope, booking) for booking in bookings]
        if booked:
            return Grant(used=tuple(used), refused=None)
        for index, (booking, before) in enumerate(zip(bookings, used, strict=True)):
            if before + booking.amount > booking.limit:
                return Grant(used=tuple(used), refused=index, frees=self._frees(scope, booking))
        after = (before + booking.amount for booking, before in zip(bookings, used, strict=True))
        return Grant(used=tuple(after), refused=None)

    def _used(self, scope: str, booking: Booking) -> int:
        buckets = self._counters[scope, booking.counter]
        return sum(amount for bucket, amount in buckets.items() if bucket >= booking.oldest)

    def _frees(self, scope: str, booking: Booking) -> int:
        over = self._used(scope, booking) + booking.amount - booking.limit
        for bucket, amount in sorted(self._counters[scope, booking.counter].items()):
            if bucket >= booking.oldest:
                over -= amount
                if over <= 0:
                    return bucket
        return -1

    def _add(self, scope: str, booking: Booking, amount: int) -> None:
        key = (scope, booking.counter)
        buckets = self._counters[key]
        buckets[booking.bucket] = buckets.get(booking.bucket, 0) + amount
        for bucket in [bucket for bucket in buckets if bucket < booking.oldest]:
            del buckets[bucket]
        self._expiry[key] = max(booking.expires, self._expiry.get(key, 0.0))

    def _sweep(self) -> None:
        """Delete expired state from time to time, so that memory does not grow."""
        now = self._now()
        if now < self._swept + timeouts.MEMORY_SWEEP:
            return
        self._swept = now
        for key in [key for key, expires in self._expiry.items() if expires <= now]:
            del self._expiry[key]
            self._counters.pop(key, None)
        self._holds = {key: hold for key, hold in self._holds.items() if hold[0] > now}
        self._entries = {key: entry for key, entry in self._entries.items() if entry[0] > now}
        self._held = sum(len(value) for _, value in self._entries.values())
        self._distinct = {key: entry for key, entry in self._distinct.items() if entry[0] > now}


def _observe(registers: bytearray, member: bytes) -> None:
    """Add a member to a HyperLogLog (Flajolet et al., 2007) with 4096 registers, whose standard error is about 1.6 %."""
    # The low bits select the register; the leading zeros of the other bits are its value.
    digest = int.from_bytes(blake2b(member, digest_size=8).digest(), "big")
    index = digest & (_REGISTERS - 1)
    rest = digest >> _REGISTERS_BITS
    rank = 64 - _REGISTERS_BITS - rest.bit_length() + 1
    registers[index] = max(registers[index], rank)


def _cardinality(registers: bytearray) -> int:
    empty = registers.count(0)
    if empty > _REGISTERS // 10:
        # Linear counting is more accurate while many registers are empty (same paper, section 4).
        return round(_REGISTERS * math.log(_REGISTERS / empty))
    alpha = 0.7213 / (1 + 1.079 / _REGISTERS)
    return round(alpha * _REGISTERS**2 / sum(2.0**-rank for rank in registers))
