"""A breaker around the state store, so that a store that does not answer costs time only now and then."""

import time
from collections.abc import Callable


class Breaker:
    """Opens after consecutive failures; after a pause lets one call through to try.

    Args:
        failures: consecutive failures that open it.
        pause: seconds it stays open before one call may try.
        clock: a monotonic clock.
    """

    def __init__(
        self, *, failures: int, pause: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = failures
        self._pause = pause
        self._clock = clock
        self._failures = 0
        self._retry_at = 0.0

    @property
    def closed(self) -> bool:
        """Whether calls are made as usual."""
        return self._failures < self._limit

    def admit(self) -> bool:
        """Whether a call may be made. While open, one call per pause may."""
        if self.closed:
            return True
        now = self._clock()
        if now < self._retry_at:
            return False
        self._retry_at = now + self._pause
        return True

    def succeeded(self) -> None:
        """A call was answered."""
        self._failures = 0

    def failed(self) -> None:
        """A call was not answered."""
        self._failures += 1
        self._retry_at = self._clock() + self._pause
