"""Detectors in separate processes, which may crash or hang without affecting the gateway.

Each supervisor runs one worker, gives it one job at a time, and has a new one forked when it ends or takes too
long. A job that fails refuses only its own request. Jobs wait in one bounded queue, no longer than their
request's deadline.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import structlog

from gateway import timeouts
from gateway.background import Background
from gateway.detect.base import Passage, Span
from gateway.detect.workers.fork_server_client import (
    CHANNEL_ERRORS,
    ForkServer,
    StartFailed,
    Worker,
)
from gateway.detect.workers.frames import decode_spans, encode_job
from gateway.errors import DetectorUnavailable

ENGINE: Final = "gateway.detect.engine.presidio:build"
_JOB_CHARACTERS: Final = 20_000


@dataclass(slots=True, kw_only=True)
class _Job:
    body: bytes = field(repr=False)
    result: asyncio.Future[list[tuple[Span, ...]]]

    def fail(self, message: str) -> None:
        if not self.result.done():
            self.result.set_exception(DetectorUnavailable(message))


class ProcessDetector:
    """A ``Detector`` over a number of detector processes.

    Args:
        languages: the languages whose models are loaded.
        processes: how many processes.
        specs: recognisers that settings add (see ``gateway.detect.engine.custom``).
        engine: ``module:function`` of the engine's factory.
        hang_seconds: how long a job may run; then its process counts as hung and is killed.
        start_seconds: how long a process may take to load its models.
        background: runs the supervisors of the processes.
    """

    def __init__(
        self,
        languages: Sequence[str],
        *,
        processes: int,
        specs: Sequence[str] = (),
        engine: str = ENGINE,
        hang_seconds: float = 2.0,
        start_seconds: float = 60.0,
        background: Background | None = None,
    ) -> None:
        background = background or Background()
        self._start_seconds = start_seconds
        self._server = ForkServer((engine, *languages, *specs), background)
        self._queue: asyncio.Queue[_Job] = asyncio.Queue(maxsize=processes)
        self._supervisors = [
            _WorkerSupervisor(
                f"detector {number}",
                background,
                self._queue,
                self._server,
                hang_seconds,
                start_seconds,
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
            async with asyncio.timeout(self._start_seconds):
                await asyncio.gather(*started)
        except (TimeoutError, StartFailed) as error:
            await self.close()
            raise DetectorUnavailable(f"a detector process did not start: {error}") from None

    async def detect(
        self, passages: Sequence[Passage], *, deadline: float
    ) -> list[tuple[Span, ...]]:
        if not self._running:
            raise DetectorUnavailable("the detector is not running")
        jobs: list[_Job] = []
        try:
            async with asyncio.timeout(deadline):
                for batch in _batches(passages):
                    jobs.append(_job(batch))
                    await self._queue.put(jobs[-1])
                return [spans for job in jobs for spans in await job.result]
        except TimeoutError:
            raise DetectorUnavailable("detection took longer than its deadline") from None
        finally:
            for job in jobs:
                _abandon(job)

    async def close(self) -> None:
        self._running = False
        await asyncio.gather(*(supervisor.close() for supervisor in self._supervisors))
        await self._server.close()
        while not self._queue.empty():
            self._queue.get_nowait().fail("the detector was stopped")
            # A call that waited for space adds its job now, which then fails as well.
            await asyncio.sleep(0)


def _batches(passages: Sequence[Passage]) -> Iterator[list[Passage]]:
    """Passages in jobs of bounded size, so that a long request uses every process and blocks none."""
    batch: list[Passage] = []
    size = 0
    for passage in passages:
        if batch and size + len(passage.text) > _JOB_CHARACTERS:
            yield batch
            batch, size = [], 0
        batch.append(passage)
        size += len(passage.text)
    if batch:
        yield batch


def _job(passages: Sequence[Passage]) -> _Job:
    try:
        body = encode_job(passages)
    except orjson.JSONEncodeError:  # half of a surrogate pair
        raise DetectorUnavailable("a text is not valid Unicode") from None
    return _Job(body=body, result=asyncio.get_running_loop().create_future())


def _abandon(job: _Job) -> None:
    if not job.result.cancel() and not job.result.cancelled():
        job.result.exception()  # retrieved, or asyncio logs it; another job's failure has already refused the request


class _WorkerSupervisor:
    """Keeps one worker running and gives it jobs."""

    def __init__(
        self,
        name: str,
        background: Background,
        queue: asyncio.Queue[_Job],
        server: ForkServer,
        hang_seconds: float,
        start_seconds: float,
    ) -> None:
        self.ready = asyncio.Event()
        self.revision = ""
        self._queue = queue
        self._server = server
        self._hang_seconds = hang_seconds
        self._start_seconds = start_seconds
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
        async with asyncio.timeout(self._start_seconds):
            worker = await self._server.fork()
        try:
            async with asyncio.timeout(self._start_seconds):
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
            failure = await self._run_job(worker, job)
            if failure:
                job.fail("a detector process stopped")
                return failure

    async def _next_job(self, ended: asyncio.Future[None]) -> _Job | None:
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
                job = taken.result()
                if not job.result.done():
                    return job
        return None

    async def _run_job(self, worker: Worker, job: _Job) -> str:
        """Run a job; return why the worker can't continue, or ``""``."""
        try:
            async with asyncio.timeout(self._hang_seconds):
                answer = await worker.channel.request(job.body)
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
