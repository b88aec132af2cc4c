"""Detectors in processes of their own, which may crash or hang without taking the gateway with them.

Each worker keeps one child, gives it one job at a time, and starts another when it dies or takes too
long. A job that fails costs its own request. Jobs wait in one bounded queue, no longer than their
request's deadline; texts go over a socket pair and are never on a command line or on disk.
"""

import asyncio
import os
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import structlog

from gateway.detect.base import Passage, Span
from gateway.detect.child import HEADER, decode_spans, encode_job
from gateway.errors import DetectorUnavailable

ENGINE: Final = "gateway.detect.engine:build"
_JOB_CHARACTERS: Final = 20_000
_FIRST_DELAY: Final = 0.1
_LONGEST_DELAY: Final = 5.0
_ENVIRONMENT: Final = (
    "PATH", "LD_LIBRARY_PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "VIRTUAL_ENV", "PYTHONHOME",
)  # fmt: skip
_BROKEN: Final = (ConnectionError, asyncio.IncompleteReadError, orjson.JSONDecodeError)
_ONE_THREAD: Final = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"
)


@dataclass(slots=True, kw_only=True)
class _Job:
    body: bytes = field(repr=False)
    result: asyncio.Future[list[tuple[Span, ...]]]

    def fail(self, message: str) -> None:
        if not self.result.done():
            self.result.set_exception(DetectorUnavailable(message))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Child:
    process: Process
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


class _StartFailed(Exception):
    """The engine could not be built; the message says why and holds no user text."""


class ProcessDetector:
    """A ``Detector`` over a number of detector processes.

    Args:
        languages: the languages whose models are loaded.
        processes: how many processes.
        specs: recognisers that settings add (see ``engine``).
        engine: ``module:function`` of the engine's factory.
        hang_seconds: a job that runs longer is taken for hung, and its process is killed.
        start_seconds: how long a process may take to load its models.
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
    ) -> None:
        self._command = (engine, *languages, *specs)
        self._start_seconds = start_seconds
        self._queue: asyncio.Queue[_Job] = asyncio.Queue(maxsize=processes)
        self._workers = [
            _Worker(self._queue, self._command, hang_seconds, start_seconds)
            for _ in range(processes)
        ]
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def revision(self) -> str:
        return next((worker.revision for worker in self._workers if worker.revision), "")

    def ready(self) -> bool:
        return any(worker.ready.is_set() for worker in self._workers)

    async def start(self) -> None:
        """Start the processes and wait until each has loaded its models.

        Raises:
            DetectorUnavailable: one could not.
        """
        loop = asyncio.get_running_loop()
        started = [loop.create_future() for _ in self._workers]
        self._tasks = [
            loop.create_task(worker.run(first))
            for worker, first in zip(self._workers, started, strict=True)
        ]
        try:
            async with asyncio.timeout(self._start_seconds):
                await asyncio.gather(*started)
        except (TimeoutError, _StartFailed) as error:
            await self.close()
            raise DetectorUnavailable(f"a detector process did not start: {error}") from None

    async def detect(
        self, passages: Sequence[Passage], *, deadline: float
    ) -> list[tuple[Span, ...]]:
        if not self._tasks:
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
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        while not self._queue.empty():
            self._queue.get_nowait().fail("the detector was stopped")
            await asyncio.sleep(0)  # a call that waited for room puts its job now


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
        job.result.exception()  # marked as seen: another job's failure already refused the request


class _Worker:
    """Keeps one child alive and feeds it jobs."""

    def __init__(
        self,
        queue: asyncio.Queue[_Job],
        command: tuple[str, ...],
        hang_seconds: float,
        start_seconds: float,
    ) -> None:
        self.ready = asyncio.Event()
        self.revision = ""
        self._queue = queue
        self._command = command
        self._hang_seconds = hang_seconds
        self._start_seconds = start_seconds
        self._log: Any = structlog.get_logger()

    async def run(self, first_start: asyncio.Future[None]) -> None:
        """Start a child, serve until it ends, and again; starts that fail are spaced out.

        Args:
            first_start: resolved when the first child is ready, or failed with why it is not.
        """
        delay = 0.0
        while True:
            try:
                reason = await self._live(first_start)
                delay = 0.0
            except (_StartFailed, OSError) as error:
                reason = "start_failed"
                delay = min(_LONGEST_DELAY, max(_FIRST_DELAY, delay * 2))
                if not first_start.done():
                    first_start.set_exception(_StartFailed(str(error)))
            self._log.warning("detector_process_ended", reason=reason)
            await asyncio.sleep(delay)

    async def _live(self, first_start: asyncio.Future[None]) -> str:
        """The life of one child; says why it ended."""
        child = await _spawn(self._command)
        try:
            await self._greeted(child)
            if not first_start.done():
                first_start.set_result(None)
            return await self._serve(child)
        finally:
            self.ready.clear()
            await _end(child)

    async def _greeted(self, child: _Child) -> None:
        try:
            greeting = await asyncio.wait_for(_read(child), self._start_seconds)
        except (TimeoutError, *_BROKEN) as error:
            raise _StartFailed(type(error).__name__) from None
        if "failed" in greeting:
            raise _StartFailed(greeting["failed"])
        self.revision = greeting["revision"]
        self.ready.set()

    async def _serve(self, child: _Child) -> str:
        """Give jobs to the child until it ends or hangs; says which."""
        ended = asyncio.ensure_future(child.process.wait())
        try:
            while True:
                job = await self._next_job(ended)
                if job is None:
                    return "ended"
                failure = await self._work(child, job)
                if failure:
                    job.fail("a detector process stopped")
                    return failure
        finally:
            ended.cancel()

    async def _next_job(self, ended: asyncio.Future[int]) -> _Job | None:
        """The next job that someone still waits for; ``None`` when the child has ended."""
        while not ended.done():
            taken = asyncio.ensure_future(self._queue.get())
            try:
                first: set[asyncio.Future[Any]] = {taken, ended}
                await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            finally:
                if not taken.done():
                    taken.cancel()
            if taken.done() and not taken.cancelled():
                job = taken.result()
                if not job.result.done():
                    return job
        return None

    async def _work(self, child: _Child, job: _Job) -> str:
        """Run a job; says why the child can't go on, or nothing."""
        try:
            async with asyncio.timeout(self._hang_seconds):
                child.writer.write(HEADER.pack(len(job.body)) + job.body)
                await child.writer.drain()
                answer = await _read(child)
        except TimeoutError:
            return "hung"
        except _BROKEN:
            return "crashed"
        except asyncio.CancelledError:
            job.fail("the detector was stopped")
            raise
        if not isinstance(answer, list):
            job.fail("a detector failed")
        elif not job.result.done():
            job.result.set_result(decode_spans(answer))
        return ""


async def _spawn(command: tuple[str, ...]) -> _Child:
    ours, theirs = socket.socketpair()
    with theirs:
        descriptor = theirs.fileno()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "gateway.detect.child",
            str(descriptor),
            *command,
            stdin=DEVNULL,
            stdout=DEVNULL,
            stderr=DEVNULL,
            pass_fds=(descriptor,),
            env=_environment(),
        )
    try:
        reader, writer = await asyncio.open_connection(sock=ours)
    except BaseException:
        process.kill()
        ours.close()
        raise
    return _Child(process=process, reader=reader, writer=writer)


def _environment() -> dict[str, str]:
    """What a child needs, and none of the gateway's credentials."""
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    return {**kept, **_ONE_THREAD, "PYTHONPATH": os.pathsep.join(sys.path)}


async def _read(child: _Child) -> Any:
    size = HEADER.unpack(await child.reader.readexactly(HEADER.size))[0]
    return orjson.loads(await child.reader.readexactly(size))


async def _end(child: _Child) -> None:
    child.writer.close()
    if child.process.returncode is None:
        child.process.kill()
    await child.process.wait()
