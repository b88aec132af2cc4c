"""Detectors in separate processes, which may crash or hang without affecting the gateway.

Each supervisor runs one worker, gives it one job at a time, and has a new one forked when it ends or takes too
long. A job that fails refuses only its own request. Jobs wait in one queue, which serves tenants in turns; what would
wait for too long is refused when it arrives.
"""

import asyncio
import itertools
from collections.abc import Callable, Sequence
from typing import Any, Final

import orjson
import structlog

from gateway import timeouts
from gateway.background import Background
from gateway.detect.base import Passage, Span
from gateway.detect.workers.backlog import Backlog, true_cost
from gateway.detect.workers.fair_queue import FairQueue
from gateway.detect.workers.fork_server_client import (
    CHANNEL_ERRORS,
    ForkServer,
    StartFailed,
    Worker,
)
from gateway.detect.workers.frames import decode_spans, encode_job
from gateway.detect.workers.jobs import JOB_CHARACTERS, DetectorCall, Job
from gateway.errors import BodyTooLarge, DetectorUnavailable, SekishoError

ENGINE: Final = "gateway.detect.engine.presidio:build"


class ProcessDetector:
    """A ``Detector`` over a number of detector processes.

    Args:
        languages: the languages whose models are loaded.
        processes: how many processes.
        specs: recognisers that settings add (see ``gateway.detect.engine.custom``).
        engine: ``module:function`` of the engine's factory.
        hang_seconds: how long a job may run; then its process counts as hung and is killed.
        wait_seconds: how long a call may wait for a process.
        background: runs the supervisors of the processes.
        on_wait: called with the seconds that a call waited when its first job begins.
    """

    def __init__(
        self,
        languages: Sequence[str],
        *,
        processes: int,
        specs: Sequence[str] = (),
        engine: str = ENGINE,
        hang_seconds: float = timeouts.DETECTOR_HANG,
        wait_seconds: float = 10.0,
        background: Background | None = None,
        on_wait: Callable[[float], None] = lambda _: None,
    ) -> None:
        background = background or Background()
        self._server = ForkServer((engine, *languages, *specs), background)
        self._wait_seconds = wait_seconds
        self._on_wait = on_wait
        self._queue: FairQueue[Job] = FairQueue(JOB_CHARACTERS)
        self._backlog = Backlog(processes, wait_seconds)
        self._numbers = itertools.count()
        self._supervisors = [
            _WorkerSupervisor(
                f"detector {number}",
                background,
                self._queue,
                self._backlog,
                self._server,
                hang_seconds,
            )
            for number in range(1, processes + 1)
        ]
        self._running = False

    @property
    def revision(self) -> str:
        return next(
            (supervisor.revision for supervisor in self._supervisors if supervisor.revision), ""
        )

    def ready(self) -> bool:
        return any(supervisor.ready.is_set() for supervisor in self._supervisors)

    async def start(self) -> None:
        """Start the processes and wait until each has loaded its models.

        Raises:
            DetectorUnavailable: a process did not start.
        """
        self._running = True
        started = [supervisor.start() for supervisor in self._supervisors]
        try:
            async with asyncio.timeout(timeouts.DETECTOR_START):
                await asyncio.gather(*started)
        except (TimeoutError, StartFailed) as error:
            await self.close()
            raise DetectorUnavailable(f"a detector process did not start: {error}") from None

    async def detect(
        self, passages: Sequence[Passage], *, deadline: float, caller: tuple[str, ...] = ()
    ) -> list[tuple[Span, ...]]:
        if not self._running:
            raise DetectorUnavailable("the detector is not running")
        if deadline <= 0:
            raise DetectorUnavailable("detection took longer than its deadline")
        call = DetectorCall(
            # Calls of one app take turns as well: a short one does not wait for the whole of a long one.
            (*caller, next(self._numbers)),
            passages,
            work_seconds=deadline,
            wait_seconds=self._wait_seconds,
            on_begin=self._on_wait,
        )
        self._backlog.enter(call)
        try:
            for job in call.jobs:
                self._queue.put_nowait((call.path, job.cost, job))
            return await call.results()
        except TimeoutError:
            raise self._late(call) from None
        finally:
            self._queue.remove(call.path)
            self._backlog.leave(call)
            for job in call.jobs:
                job.abandon()

    def _late(self, call: DetectorCall) -> SekishoError:
        if not call.out_of_work_time:
            return self._backlog.overloaded(self._backlog.seconds_before(call))
        if len(call.jobs) == 1:
            return DetectorUnavailable("detection took longer than its deadline")
        # A retry would take as long. In parts there is more time for each character.
        return BodyTooLarge(
            f"Detection in {sum(job.characters for job in call.jobs)} characters took longer than "
            f"{call.work_seconds:.1f} seconds. Send the text in smaller parts."
        )

    async def close(self) -> None:
        self._running = False
        await asyncio.gather(*(supervisor.close() for supervisor in self._supervisors))
        await self._server.close()
        while not self._queue.empty():
            _, _, job = self._queue.get_nowait()
            job.fail("the detector was stopped")


class _WorkerSupervisor:
    """Keeps one worker running and gives it jobs."""

    def __init__(
        self,
        name: str,
        background: Background,
        queue: FairQueue[Job],
        backlog: Backlog,
        server: ForkServer,
        hang_seconds: float,
    ) -> None:
        self.ready = asyncio.Event()
        self.revision = ""
        self._queue = queue
        self._backlog = backlog
        self._server = server
        self._hang_seconds = hang_seconds
        self._log: Any = structlog.get_logger()
        self._delay = 0.0
        self._first_start: asyncio.Future[None] | None = None
        self._task = background.every(
            name, lambda: self._delay, self._round, at_once=True, round_seconds=None
        )

    def start(self) -> asyncio.Future[None]:
        """Begin; the future is done when the first worker is ready, or fails with the reason why it is not."""
        self._first_start = asyncio.get_running_loop().create_future()
        self._task.start()
        return self._first_start

    async def close(self) -> None:
        """End the worker."""
        await self._task.close()

    async def _round(self) -> None:
        """Run one worker until it ends. Pauses grow while workers end before their first job."""
        try:
            reason = await self._run_worker()
        except (StartFailed, TimeoutError, OSError) as error:
            reason = "start_failed"
            self._started(StartFailed(str(error) or type(error).__name__))
        self._log.warning("detector_process_ended", reason=reason)
        back_off = reason in ("start_failed", "ended_unused")
        self._delay = (
            min(timeouts.DETECTOR_MAX_BACKOFF, max(timeouts.DETECTOR_MIN_BACKOFF, self._delay * 2))
            if back_off
            else 0.0
        )

    def _started(self, failure: StartFailed | None) -> None:
        first = self._first_start
        if first is None or first.done():
            return
        if failure is None:
            first.set_result(None)
        else:
            first.set_exception(failure)

    async def _run_worker(self) -> str:
        """Fork a worker and give it jobs until it ends; return why it ended."""
        async with asyncio.timeout(timeouts.DETECTOR_START):
            worker = await self._server.fork()
        try:
            async with asyncio.timeout(timeouts.DETECTOR_START):
                self.revision = await worker.wait_ready()
            self.ready.set()
            self._task.succeeded()
            self._started(None)
            return await self._serve(worker)
        finally:
            self.ready.clear()
            worker.end()

    async def _serve(self, worker: Worker) -> str:
        """Give jobs to the worker until it ends or hangs; return which."""
        exit_reason = "ended_unused"
        while True:
            job = await self._next_job(worker.channel.closed)
            if job is None:
                return exit_reason
            exit_reason = "ended"
            failure = await self._timed_job(worker, job)
            if failure:
                job.fail("a detector process stopped")
                return failure

    async def _next_job(self, ended: asyncio.Future[None]) -> Job | None:
        """The next job whose request still waits; ``None`` when the worker has ended."""
        while not ended.done():
            taken = asyncio.ensure_future(self._queue.get())
            try:
                first: set[asyncio.Future[Any]] = {taken, ended}
                await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            finally:
                # Cancelling `get` loses no job: it stays in the queue.
                if not taken.done():
                    taken.cancel()
            if taken.done() and not taken.cancelled():
                _, _, job = taken.result()
                if not job.result.done():
                    return job
        return None

    async def _timed_job(self, worker: Worker, job: Job) -> str:
        """Run a job and charge its flow for it; return why the worker can't continue, or ``""``."""
        call, now = job.call, asyncio.get_running_loop().time
        call.began(job)
        since = now()
        try:
            return await self._run_job(worker, job)
        finally:
            seconds = now() - since
            call.ended()
            self._backlog.ran(job.cost, seconds)
            self._queue.charge(call.path, true_cost(seconds) - job.cost)

    async def _run_job(self, worker: Worker, job: Job) -> str:
        """Run a job; return why the worker can't continue, or ``""``."""
        try:
            # Here, not for all jobs at once: to encode a long text would hold the event loop.
            body = encode_job(job.passages)
        except orjson.JSONEncodeError:  # half of a surrogate pair
            job.fail("a text is not valid Unicode")
            return ""
        try:
            async with asyncio.timeout(self._hang_seconds):
                answer = await worker.channel.request(body)
        except TimeoutError:
            return "hung"
        except CHANNEL_ERRORS:
            return "crashed"
        except BaseException:
            job.fail("the detector was stopped")
            raise
        try:
            if not isinstance(answer, list):
                job.fail("a detector failed")
            elif not job.result.done():
                job.result.set_result(decode_spans(answer))
        except (TypeError, ValueError):
            # A malformed answer: this worker gets no other job.
            return "crashed"
        return ""
