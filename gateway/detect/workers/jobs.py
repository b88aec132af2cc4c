"""What one call of the detectors has in the queue: its jobs, the time that they wait, and the time that they work.

A text is scanned in jobs of bounded size, so that no call occupies a process for long. A call has two clocks, of which one
runs at a time: while a job of it is in a process, the time that it may work; otherwise, the time that it may wait.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from gateway.detect.base import Passage, Span
from gateway.detect.workers.fair_queue import Path
from gateway.errors import DetectorUnavailable

JOB_CHARACTERS: Final = 2_000
"""Maximum size of a job, unless a single passage is larger: some 5 to 20 ms, which is what a short call waits at most
for each process."""
_PASSAGE_COST: Final = 20
"""What a passage costs beside its characters, in characters: many short ones cost more than one text."""


@dataclass(slots=True, kw_only=True, eq=False)
class Job:
    """Some passages of a call, for one process."""

    call: "DetectorCall"
    passages: Sequence[Passage] = field(repr=False)
    cost: int
    result: asyncio.Future[list[tuple[Span, ...]]]

    @property
    def characters(self) -> int:
        """The size of its passages."""
        return sum(len(passage.text) for passage in self.passages)

    def fail(self, message: str) -> None:
        """Refuse the call of this job."""
        if not self.result.done():
            self.result.set_exception(DetectorUnavailable(message))

    def abandon(self) -> None:
        """Nobody waits for the result any more."""
        if not self.result.cancel() and not self.result.cancelled():
            self.result.exception()  # retrieved, or asyncio logs it; another job's failure has already refused the call


class DetectorCall:
    """The jobs of one call, and its two clocks.

    Args:
        path: its flow in the queue.
        passages: the texts.
        work_seconds: how long its jobs may run, all together; those that run at once count once.
        wait_seconds: how long it may wait for a process at a time.
        on_begin: called with the seconds that it waited when its first job begins.

    Attributes:
        path: its flow in the queue.
        jobs: its jobs, in the order of the passages.
        waiting: the cost of the jobs that have not begun.
    """

    def __init__(
        self,
        path: Path,
        passages: Sequence[Passage],
        *,
        work_seconds: float,
        wait_seconds: float,
        on_begin: Callable[[float], None],
    ) -> None:
        loop = asyncio.get_running_loop()
        self.path = path
        self.jobs = [
            Job(call=self, passages=batch, cost=cost, result=loop.create_future())
            for batch, cost in _batches(passages)
        ]
        self.waiting = sum(job.cost for job in self.jobs)
        self._time = loop.time
        self.work_seconds = self._left = work_seconds
        self._wait_seconds = wait_seconds
        self._on_begin: Callable[[float], None] | None = on_begin
        self._running = 0
        self._since = self._time()
        self._timeout = asyncio.timeout_at(self._since + wait_seconds)
        self._over = False

    async def results(self) -> list[tuple[Span, ...]]:
        """Wait for the spans of each passage.

        Raises:
            TimeoutError: one of the clocks has run out.
            DetectorUnavailable: a job failed.
        """
        try:
            async with self._timeout:
                return [spans for job in self.jobs for spans in await job.result]
        finally:
            self._over = True

    @property
    def out_of_work_time(self) -> bool:
        """Whether its jobs ran for as long as they may."""
        return self._left - (self._time() - self._since if self._running else 0.0) <= 0

    def began(self, job: Job) -> None:
        """A job of it begins to run."""
        now = self._time()
        self.waiting -= job.cost
        if self._on_begin is not None:
            self._on_begin(now - self._since)
            self._on_begin = None
        if not self._running:
            self._since = now
            self._ends_at(now + self._left)
        self._running += 1

    def ended(self) -> None:
        """A job of it has ended, however."""
        self._running -= 1
        if not self._running:
            now = self._time()
            self._left -= now - self._since
            self._since = now
            self._ends_at(now + (self._wait_seconds if self._left > 0 else 0.0))

    def _ends_at(self, when: float) -> None:
        # A job that is in a process continues after its call was refused, and a time-out that was left accepts no time.
        if not self._over and not self._timeout.expired():
            self._timeout.reschedule(when)


def _batches(passages: Sequence[Passage]) -> Iterator[tuple[list[Passage], int]]:
    """Passages in jobs of bounded size, and the cost of each."""
    batch: list[Passage] = []
    size = 0
    for passage in passages:
        cost = len(passage.text) + _PASSAGE_COST
        if batch and size + cost > JOB_CHARACTERS:
            yield batch, size
            batch, size = [], 0
        batch.append(passage)
        size += cost
    if batch:
        yield batch, size
