"""A bound on guessing: wrong secrets for one key from one address."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from gateway.errors import RateLimited

_MAX_ENTRIES: Final = 10_000


class Lockout:
    """Counts wrong secrets for a key that exists, by the address that they come from.

    The count is for the pair, so that nobody can lock a key out from another address. While it is locked the right
    secret is refused too, or guessing could go on.

    Args:
        failures: wrong secrets that lock.
        seconds: within which they count, and for which it then is locked.
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
        """Refuse while it is locked.

        Raises:
            RateLimited: with the seconds that are left.
        """
        count, ends = self._counts.get((address, prefix), (0, 0.0))
        left = ends - self._clock()
        if count >= self._limit and left > 0:
            raise RateLimited(
                "Too many wrong keys came from this address. Try again later.",
                retry_after=max(1, round(left)),
            )

    def failed(self, address: str, prefix: str) -> None:
        """Count a wrong secret."""
        now = self._clock()
        count, ends = self._counts.pop((address, prefix), (0, 0.0))
        if ends <= now:
            count = 0
        self._counts[address, prefix] = (count + 1, now + self._seconds)
        if len(self._counts) > _MAX_ENTRIES:
            self._counts.popitem(last=False)
