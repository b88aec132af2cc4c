"""Background tasks: loops that continue after failures, and parts that close in bounded time.

A task that ends unnoticed is worse than one that fails: policies, for example, would no longer be refreshed, without
any error. Every long-lived task of the gateway is created here; log, metrics and health report each by name.
"""

import asyncio
import time
import traceback
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol, TypeAlias, TypedDict

import structlog

from gateway import timeouts

Interval: TypeAlias = Callable[[], float | None]
"""Seconds until the next round, called before each pause; ``None`` waits until the task is triggered."""
Step: TypeAlias = Callable[[], Awaitable[object]]
Close: TypeAlias = Callable[[], Coroutine[Any, Any, None]]


class TaskHealth(TypedDict):
    """One task on ``/health``: whether it works, how often it failed in a row, and the type of its last error."""

    healthy: bool
    failures: int
    error: str


class BackgroundListener(Protocol):
    """Notified of failures, for metrics."""

    def background_failed(self, task: str) -> None:
        """A round of the task failed."""

    def background_recovered(self, task: str) -> None:
        """A round succeeded after one that failed."""


class Finished(Exception):
    """Raised by a step to end its loop: nothing is left to do."""


class NotClosed(Exception):
    """Parts that did not close; the log names them."""


class Background:
    """The background tasks of one process.

    Args:
        listener: notified of failures.
    """

    def __init__(self, listener: BackgroundListener | None = None) -> None:
        self.listener = listener
        self.running: dict[str, _Supervised] = {}
        self._uses: dict[str, int] = {}

    def every(
        self,
        name: str,
        interval: Interval,
        step: Step,
        *,
        at_once: bool = False,
        round_seconds: float | None = timeouts.BACKGROUND_ROUND,
    ) -> "BackgroundTask":
        """A loop, not yet started.

        Args:
            name: for log, metrics and health; from configuration and code alone.
            interval: the pauses between rounds.
            step: one round. Any exception is a failure, except :class:`Finished`, which ends the loop.
            at_once: whether the first round comes before the first pause.
            round_seconds: a longer round makes the task unhealthy; ``None`` where a round may take any time.
        """
        return BackgroundTask(
            self._unique(name), self, interval, step, at_once=at_once, round_seconds=round_seconds
        )

    def jobs(self, name: str) -> "Jobs":
        """A group of tasks that end by themselves."""
        return Jobs(self._unique(name), self)

    def health(self) -> dict[str, TaskHealth]:
        """Each task that runs, by name."""
        return {name: task.health() for name, task in sorted(self.running.items())}

    def _unique(self, name: str) -> str:
        """A name that is in use gets a number: two issuers may have the same address."""
        self._uses[name] = uses = self._uses.get(name, 0) + 1
        return name if uses == 1 else f"{name}:{uses}"


class _Supervised:
    """The name and the failures of one task."""

    def __init__(self, name: str, owner: Background) -> None:
        self.name = name
        self._owner = owner
        self._failures = 0
        self._error = ""

    @property
    def healthy(self) -> bool:
        """Whether the last round, or the last job, succeeded."""
        return not self._failures

    def health(self) -> TaskHealth:
        """As ``/health`` reports it."""
        return {"healthy": self.healthy, "failures": self._failures, "error": self._error}

    def succeeded(self) -> None:
        """Record a success: after each round, and within a round that may take any time."""
        if self._failures:
            structlog.get_logger().info("background_recovered", task=self.name)
            if self._owner.listener is not None:
                self._owner.listener.background_recovered(self.name)
        self._failures, self._error = 0, ""

    async def _attempt(self, work: Awaitable[object]) -> None:
        try:
            await work
        except (Finished, GeneratorExit, KeyboardInterrupt, SystemExit):
            raise
        except asyncio.CancelledError as error:
            # If this task itself was not cancelled, something that it awaits was: a failure like any other.
            if (task := asyncio.current_task()) is None or task.cancelling():
                raise
            self._failed(error)
        except BaseException as error:  # noqa: BLE001  # the boundary of every task; a Rust panic is not an Exception
            self._failed(error)
        else:
            self.succeeded()

    def _failed(self, error: BaseException) -> None:
        self._failures += 1
        self._error = type(error).__name__
        # The type and the location, never the message: libraries quote their input in it.
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{place.filename.rpartition('/')[2]}:{place.lineno}"
        structlog.get_logger().error(
            "background_failed", task=self.name, error_type=self._error, where=where
        )
        if self._owner.listener is not None:
            self._owner.listener.background_failed(self.name)


class BackgroundTask(_Supervised):
    """One loop, made by :meth:`Background.every`. A failed step is logged, counted, and repeated after pauses that grow."""

    def __init__(
        self,
        name: str,
        owner: Background,
        interval: Interval,
        step: Step,
        *,
        at_once: bool,
        round_seconds: float | None,
    ) -> None:
        super().__init__(name, owner)
        self._interval, self._step = interval, step
        self._at_once, self._round_seconds = at_once, round_seconds
        self._round_began: float | None = None
        self._next_interval: float | None = 0.0
        self._wake = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    @property
    def healthy(self) -> bool:
        """Whether it runs, its last round succeeded, and the present round is not overdue."""
        began, bound = self._round_began, self._round_seconds
        overdue = began is not None and bound is not None and time.monotonic() - began > bound
        ended = self._task is None or self._task.done()
        return not (ended or overdue or self._failures)

    def start(self) -> None:
        """Begin the loop."""
        self._closing = False
        self._owner.running[self.name] = self
        self._task = asyncio.get_running_loop().create_task(self._run(), name=self.name)

    def trigger(self) -> None:
        """Begin the next round now, or right after the present one."""
        self._wake.set()

    async def finished(self, seconds: float) -> bool:
        """Wait up to ``seconds`` for a loop that ends by itself; return whether it has ended."""
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=seconds)
        return self._task is None or self._task.done()

    async def close(self) -> None:
        """Cancel the loop and wait for its end. One that ignores its cancellation is logged by name and left running."""
        # Where a library swallows the cancellation, the flag ends the loop after its round.
        self._closing = True
        task, self._task = self._task, None
        if task is not None:
            await _cancel(self.name, {task})
        self._owner.running.pop(self.name, None)

    async def _run(self) -> None:
        if not self._at_once:
            await self._attempt(self._plan())
            await self._pause()
        while not self._closing:
            self._round_began = time.monotonic()
            try:
                await self._attempt(self._round())
            except Finished:
                break
            finally:
                self._round_began = None
            await self._pause()
        self._owner.running.pop(self.name, None)

    async def _round(self) -> None:
        """One step and the length of the pause after it: what either raises, even before it awaits, is a failure."""
        await self._step()
        await self._plan()

    async def _plan(self) -> None:
        self._next_interval = self._interval()

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(self._backoff() if self._failures else self._next_interval):
                await self._wake.wait()
        except TimeoutError:
            return
        # Not cleared after a time-out: a trigger at that moment still begins a round.
        self._wake.clear()

    def _backoff(self) -> float:
        doubled: float = timeouts.BACKGROUND_MIN_BACKOFF * 2 ** min(self._failures - 1, 16)
        return min(timeouts.BACKGROUND_MAX_BACKOFF, doubled)


class Jobs(_Supervised):
    """Tasks that end by themselves and are not awaited. A failure is logged and counted, and affects that job only."""

    def __init__(self, name: str, owner: Background) -> None:
        super().__init__(name, owner)
        self.tasks: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin a job."""
        self._owner.running[self.name] = self
        task = asyncio.get_running_loop().create_task(self._attempt(work), name=self.name)
        # The event loop keeps only weak references: without this one, a task may be collected before its end.
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        # A task that is cancelled before it runs never awaits its job, which Python would warn of.
        task.add_done_callback(lambda _: work.close())

    async def close(self, grace: float = 0.0) -> None:
        """Wait ``grace`` seconds for the jobs, then cancel those that are left."""
        if self.tasks and grace:
            await asyncio.wait(self.tasks, timeout=grace)
        if self.tasks:
            await _cancel(self.name, set(self.tasks))
        self._owner.running.pop(self.name, None)


async def close_in_time(name: str, close: Close) -> bool:
    """Close one part; return whether it closed. A part that hangs or raises is logged by name and left."""
    task = asyncio.get_running_loop().create_task(close(), name=f"close {name}")
    await asyncio.wait({task}, timeout=timeouts.PART_CLOSE)
    error: BaseException | None = TimeoutError()
    if task.done():
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
    task.cancel()
    if error is not None:
        _log_unclosed(name, error)
    return error is None


async def _cancel(name: str, tasks: set[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    _, left = await asyncio.wait(tasks, timeout=timeouts.CLOSE)
    if left:
        _log_unclosed(name, TimeoutError())


def _log_unclosed(name: str, error: BaseException) -> None:
    structlog.get_logger().error("close_failed", part=name, error_type=type(error).__name__)
