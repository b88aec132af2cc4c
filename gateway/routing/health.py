"""Whether a deployment may be tried: its circuit breaker, its probes, and how long it asked not to be used.

The breaker counts the outcomes of calls. Half open, one request is the trial: its first event closes the breaker, its
failure opens it for twice as long. A deployment that has recovered regains its share of requests slowly.
"""

import enum
import time
from collections.abc import Callable

from gateway.breaker import Breaker, BreakerState
from gateway.settings.deployments import Probe, Routing

# Not 0: a deployment without requests could never regain its share.
_LEAST_SHARE = 0.1


class State(enum.Enum):
    """Which requests a deployment may get."""

    UP = "up"
    TRIAL = "trial"
    """One request, which finds out whether it works again."""
    OUT = "out"
    DRAINING = "draining"


class Health:
    """One deployment's health.

    Args:
        routing: when the breaker opens, and for how long.
        probe: how many failed probes count; ``None`` when it is not probed.
        drain: whether it gets no new requests.
        clock: a monotonic clock, in seconds.
    """

    def __init__(
        self,
        routing: Routing,
        probe: Probe | None,
        *,
        drain: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._routing = routing
        self._probe_limit = 1 if probe is None else probe.failures
        self.draining = drain
        self._clock = clock
        self._breaker = Breaker(
            failures=routing.failures,
            pause=routing.pause_seconds,
            longest_pause=routing.longest_pause_seconds,
            clock=clock,
        )
        self._back_off_until = 0.0
        self._recovered_at: float | None = None
        self._failed_probes = 0

    def state(self) -> State:
        """The state at this moment."""
        if self.draining:
            return State.DRAINING
        if self._clock() < self._back_off_until or self._probed_out or not self._breaker.ready:
            return State.OUT
        return State.UP if self._breaker.state is BreakerState.CLOSED else State.TRIAL

    def available(self) -> bool:
        """Whether one more request may be sent to it."""
        return self.state() in (State.UP, State.TRIAL)

    def wait(self) -> float:
        """Seconds until it may be worth a try."""
        return max(self._breaker.wait(), self._back_off_until - self._clock(), 0.0)

    def share(self) -> float:
        """The part of its weight that it gets: less than 1 during a slow start."""
        whole = self._routing.slow_start_seconds
        # Also where the slow start takes 0 seconds: the division below must not happen.
        if self._recovered_at is None or self._clock() - self._recovered_at >= whole:
            return 1.0
        return max(_LEAST_SHARE, (self._clock() - self._recovered_at) / whole)

    def sent(self) -> None:
        """A request is sent to it."""
        self._breaker.admit()

    def answered(self) -> None:
        """A reply began: enough to close the breaker, too little to forget the failures."""
        # Only for a trial: a request that was sent before the breaker opened says nothing about the present.
        if self._breaker.on_trial:
            self._breaker.close()
            self._recovered_at = self._clock()

    def succeeded(self) -> None:
        """A reply was complete."""
        if self._breaker.state is BreakerState.CLOSED:
            # A reply to an earlier request may end while the breaker is open:
            # it proves nothing about now.
            self._breaker.succeeded()

    def failed(self) -> None:
        """A call failed, before its reply or within it."""
        self._breaker.failed()

    def inconclusive(self) -> None:
        """A call ended for a reason that says nothing about the deployment."""
        self._breaker.inconclusive()

    def back_off(self, seconds: float) -> None:
        """It asked not to be used for a time, by ``retry-after`` or with a 429: not a failure, so no slow start follows."""
        # If this was the trial, another may follow after the pause.
        self._breaker.inconclusive()
        # Bounded: a server's own figure must not take it out of service for days.
        until = self._clock() + min(seconds, self._routing.longest_pause_seconds)
        self._back_off_until = max(self._back_off_until, until)

    def probed(self, *, ok: bool) -> None:
        """A probe ended."""
        was_out = self._probed_out
        self._failed_probes = 0 if ok else self._failed_probes + 1
        if was_out and ok:
            self._recovered_at = self._clock()

    @property
    def _probed_out(self) -> bool:
        return self._failed_probes >= self._probe_limit
