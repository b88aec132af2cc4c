"""What waits for the detector processes, and how long it will take them."""

import math
from collections import defaultdict
from collections.abc import Hashable
from typing import Final

from gateway.detect.workers.jobs import DetectorCall
from gateway.errors import DetectorUnavailable

_CHARACTERS_PER_SECOND: Final = 200_000.0
"""Of one process, for ordinary text."""
_MEMORY: Final = 0.98


def true_cost(seconds: float) -> float:
    """The cost of a job that took this long, in characters of ordinary text.

    The speed is a constant: a slower machine then charges everybody more, in the same proportion.
    """
    return seconds * _CHARACTERS_PER_SECOND


class Backlog:
    """The calls that have jobs in the queue, and the speed of the processes.

    Args:
        processes: how many processes.
        wait_seconds: how long a call may wait.
    """

    def __init__(self, processes: int, wait_seconds: float) -> None:
        self._processes = processes
        self._wait_seconds = wait_seconds
        self._calls: set[DetectorCall] = set()
        # A mean over the last jobs, in which each weighs as much as it costs.
        self._cost = _CHARACTERS_PER_SECOND
        self._seconds = 1.0

    def ran(self, cost: float, seconds: float) -> None:
        """A job of this cost took this long."""
        self._cost = self._cost * _MEMORY + cost
        self._seconds = self._seconds * _MEMORY + seconds

    def enter(self, call: DetectorCall) -> None:
        """Take a call into account.

        Raises:
            DetectorUnavailable: so much is queued that it would wait for too long.
        """
        wait = self.seconds_before(call)
        if wait > self._wait_seconds:
            raise self.overloaded(wait)
        self._calls.add(call)

    def leave(self, call: DetectorCall) -> None:
        """The call is answered or refused."""
        self._calls.discard(call)

    def seconds_before(self, call: DetectorCall) -> float:
        """How long the processes need for what is served before the last job of this call, without its own jobs.

        In turns, another call of the tenant is served for as much as this one, or for less; and another tenant for as
        much as this one.
        """
        tenants: defaultdict[Hashable, int] = defaultdict(int)
        own = call.waiting
        for other in self._calls:
            tenant = other.path[0]
            same = tenant == call.path[0]
            tenants[tenant] += min(other.waiting, own) if same else other.waiting
        own += tenants.pop(call.path[0], 0)
        ahead = own - call.waiting + sum(min(cost, own) for cost in tenants.values())
        return ahead * self._seconds / self._cost / self._processes

    def overloaded(self, wait: float) -> DetectorUnavailable:
        """The refusal of a call that would wait for ``wait`` seconds."""
        return DetectorUnavailable(
            f"The detectors are overloaded: {math.ceil(wait)} seconds of work are queued.",
            retry_after=max(1, math.ceil(wait)),
        )
