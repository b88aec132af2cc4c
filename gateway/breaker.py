"""A circuit breaker: calls to a service that fails are refused for a while instead of waiting for it.

Closed, every call is made. Failures in succession open it. After a pause it is half open: one trial call may
be made, and its outcome closes the breaker or opens it again. The pattern is that of M. Nygard, "Release It!".
"""

import enum
import math
import time
from collections.abc import Callable

_MAX_DOUBLINGS = 30
"""Keeps the power of two finite; every bound on the pause is reached long before."""


class BreakerState(enum.Enum):
    """What happens to a call."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"
    """The pause is over: one trial call at a time."""


class Breaker:
    """Counts the outcomes of calls to one service. Its methods are called from one event loop.

    Args:
        failures: failures in succession that open it.
        pause: seconds that it stays open before a trial.
        longest_pause: the bound on the pause, which doubles with each opening; ``None`` keeps it constant.
        trial_seconds: how long a trial without an outcome keeps others from trying; by default, for ever.
            Give a bound where the outcome of a cancelled call is not reported.
        clock: a monotonic clock, in seconds.
    """

    def __init__(
        self,
        *,
        failures: int,
        pause: float,
        longest_pause: float | None = None,
        trial_seconds: float = math.inf,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = failures
        self._pause = pause
        self._longest_pause = pause if longest_pause is None else longest_pause
        self._trial_seconds = trial_seconds
        self._clock = clock
        self._failures = 0
        self._openings = 0
        self._open = False
        self._open_until = 0.0
        self._trial_until: float | None = None

    @property
    def state(self) -> BreakerState:
        """The state at this moment."""
        if not self._open:
            return BreakerState.CLOSED
        return BreakerState.OPEN if self._clock() < self._open_until else BreakerState.HALF_OPEN

    @property
    def on_trial(self) -> bool:
        """Whether a trial was admitted whose outcome is not known."""
        return self._trial_until is not None

    @property
    def ready(self) -> bool:
        """Whether :meth:`admit` would admit a call."""
        if self._open and self._trial_until is not None:
            return self._clock() >= self._trial_until
        return self.state is not BreakerState.OPEN

    def wait(self) -> float:
        """Seconds until a trial may be made; 0 when it is not open."""
        return max(0.0, self._open_until - self._clock()) if self._open else 0.0

    def admit(self) -> bool:
        """Whether a call may be made. Half open, the call that is admitted is the trial."""
        if not self.ready:
            return False
        if self._open:
            self._trial_until = self._clock() + self._trial_seconds
        return True

    def succeeded(self) -> None:
        """A call succeeded: the breaker is closed, and its failures are forgotten."""
        self._failures = self._openings = 0
        self.close()

    def close(self) -> None:
        """Close it without forgetting the failures: the next one opens it again, for longer."""
        self._open, self._trial_until = False, None

    def failed(self) -> None:
        """A call failed. While it is open, only a trial's failure counts: late ones do not lengthen the pause."""
        self._failures += 1
        if self.on_trial or (not self._open and self._failures >= self._limit):
            self._open_again()

    def inconclusive(self) -> None:
        """A call ended for a reason that says nothing about the service: another may be the trial."""
        self._trial_until = None

    def _open_again(self) -> None:
        pause = min(self._pause * 2.0**self._openings, self._longest_pause)
        self._openings = min(self._openings + 1, _MAX_DOUBLINGS)
        self._open, self._trial_until = True, None
        self._open_until = self._clock() + pause
