"""Limits guessing: counts wrong secrets for one key from one address."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from gateway.errors import RateLimited

# Bounds the memory that someone with many addresses can fill.
_MAX_ENTRIES: Final = 10_000


class Lockout:
    """Counts wrong secrets for an existing key, by the address that sent them.

    The count is for the pair of key and address, so that nobody can lock a key for another address. While it is
    locked, the right secret is refused too; otherwise guessing could continue.

    Args:
        failures: wrong secrets after which the key is locked.
        seconds: how long wrong secrets count, and how long the key is then locked.
        clock: a monotonic clock.
    """

    def __init__(
        self, failures: int, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = failures
        self._seconds = seconds
        self._clock = clock
        self._counts: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()

    def check(self, address: str, prefix: str) -> None:
        """Refuse while the key is locked for this address.

        Raises:
            RateLimited: with the remaining seconds.
        """
        count, ends = self._counts.get((address, prefix), (0, 0.0))
        left = ends - self._clock()
        if count >= self._limit and left > 0:
            raise RateLimited(
                "Too many wrong keys came from this address. Try again later.",
                # 0 would invite an immediate retry.
                retry_after=max(1, round(left)),
            )

    def failed(self, address: str, prefix: str) -> None:
        """Count a wrong secret."""
        now = self._clock()
        count, ends = self._counts.pop((address, prefix), (0, 0.0))
        if ends <= now:
            count = 0
        # The pop above moves the pair to the end, so that the bound drops those that failed longest ago.
        self._counts[address, prefix] = (count + 1, now + self._seconds)
        if len(self._counts) > _MAX_ENTRIES:
            self._counts.popitem(last=False)
