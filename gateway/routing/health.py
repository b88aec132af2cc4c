"""Whether a deployment may be tried: what its calls showed (a circuit breaker), what probes showed, what it asked for.

A breaker opens after some failures in succession and leaves the deployment alone for a while. Then one request may try it:
its first event closes the breaker, its failure opens it for twice as long. A deployment that is back regains its share slowly.
"""

import enum

from gateway.settings.deployments import Probe, Routing

_LEAST_SHARE = 0.1


class State(enum.Enum):
    """What a deployment may get."""

    UP = "up"
    TRIAL = "trial"
    """One request may show whether it works again."""
    OUT = "out"
    DRAINING = "draining"


class Health:
    """One deployment's health. Times are seconds of a clock that never goes back.

    Args:
        routing: when the breaker opens, and for how long.
        probe: how many failed probes count; ``None`` when it is not probed.
        drain: whether it gets no new requests.
    """

    def __init__(self, routing: Routing, probe: Probe | None, *, drain: bool) -> None:
        self._routing = routing
        self._probe_limit = 1 if probe is None else probe.failures
        self.draining = drain
        self._failures = 0
        self._openings = 0
        self._open = False
        self._trial = False
        self._out_until = 0.0
        self._recovered_at: float | None = None
        self._failed_probes = 0

    def state(self, now: float) -> State:
        """What it may get at this moment."""
        if self.draining:
            return State.DRAINING
        if now < self._out_until or self._probed_out or self._trial:
            return State.OUT
        return State.TRIAL if self._open else State.UP

    def available(self, now: float) -> bool:
        """Whether one more request may be sent to it."""
        return self.state(now) in (State.UP, State.TRIAL)

    def wait(self, now: float) -> float:
        """Seconds until it may be worth a try."""
        return max(0.0, self._out_until - now)

    def share(self, now: float) -> float:
        """The part of its weight that it gets: less than 1 while it starts slowly."""
        whole = self._routing.slow_start_seconds
        if self._recovered_at is None or now - self._recovered_at >= whole:
            return 1.0
        return max(_LEAST_SHARE, (now - self._recovered_at) / whole)

    def sent(self, now: float) -> None:
        """A request goes there."""
        self._trial = self.state(now) is State.TRIAL

    def answered(self, now: float) -> None:
        """A reply began: enough to close the breaker, too little to forget the failures."""
        if self._trial:
            self._trial, self._open, self._recovered_at = False, False, now

    def succeeded(self) -> None:
        """A reply was whole."""
        if not self._open:
            self._failures = self._openings = 0

    def failed(self, now: float) -> None:
        """A call failed, before its reply or within it."""
        self._failures += 1
        if self._trial or (not self._open and self._failures >= self._routing.failures):
            pause = self._routing.pause_seconds * 2.0**self._openings
            self._out_until = now + min(pause, self._routing.longest_pause_seconds)
            self._openings = min(self._openings + 1, 30)
            self._open, self._trial = True, False

    def inconclusive(self) -> None:
        """A call ended for a reason that says nothing of the deployment."""
        self._trial = False

    def back_off(self, seconds: float, now: float) -> None:
        """It asked to be left alone, by ``retry-after`` or by a 429: no fault, so no breaker and no slow start."""
        self._trial = False
        until = now + min(seconds, self._routing.longest_pause_seconds)
        self._out_until = max(self._out_until, until)

    def probed(self, ok: bool, now: float) -> None:
        """A probe came back."""
        was_out = self._probed_out
        self._failed_probes = 0 if ok else self._failed_probes + 1
        if was_out and ok:
            self._recovered_at = now

    @property
    def _probed_out(self) -> bool:
        return self._failed_probes >= self._probe_limit
