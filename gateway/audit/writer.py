"""The writing thread: entries that arrive during a commit are written together in the next one (group commit)."""

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import structlog

from gateway.audit.entry import AuditRecord
from gateway.audit.merkle_log import Item, MerkleLog
from gateway.audit.store import StoreError

MAX_BATCH: Final = 1024
"""Maximum entries in one commit: bounds how long the first one waits for the others."""

Task: TypeAlias = Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Append:
    item: Item
    done: "asyncio.Future[AuditRecord]"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """A task to run between commits. ``last`` ends the thread."""

    task: Task
    last: bool
    done: "asyncio.Future[None]"


class Writer:
    """The writing thread and its queue. The methods are called from one event loop.

    Args:
        merkle_log: used by the thread alone from now on.
        checkpoint_seconds: time between signed checkpoints.
        backlog: how many entries may wait in the queue.
    """

    def __init__(self, merkle_log: MerkleLog, *, checkpoint_seconds: float, backlog: int) -> None:
        self._merkle_log: Final = merkle_log
        self._checkpoint_seconds: Final = checkpoint_seconds
        self._next_checkpoint = time.monotonic() + checkpoint_seconds
        self._backlog: Final = backlog
        self._waiting = 0  # changed on the event loop only
        self._queue: Final[queue.SimpleQueue[_Append | _Run]] = queue.SimpleQueue()
        self._log: Final = structlog.get_logger()
        self._failing = False
        self._probing: asyncio.Future[None] | None = None
        self.written_at = float("-inf")
        """When the last successful write ended (monotonic clock); minus infinity after a failed one."""
        self._loop: Final = asyncio.get_running_loop()
        # Daemon: a hung disk must not keep the process alive.
        self._thread: Final = threading.Thread(target=self._main, name="audit", daemon=True)
        self._thread.start()

    def append(self, item: Item) -> "asyncio.Future[AuditRecord]":
        """Queue an entry. It is written even if nobody awaits the result any more.

        Raises:
            StoreError: when too many entries wait, or the thread has ended.
        """
        if self._waiting >= self._backlog:
            raise StoreError("too many entries are waiting to be written")
        self._check_alive()
        self._waiting += 1
        done: asyncio.Future[AuditRecord] = self._loop.create_future()
        self._queue.put(_Append(item=item, done=done))
        return done

    def run(self, task: Task, *, last: bool = False) -> "asyncio.Future[None]":
        """Have the thread run a task after everything queued so far; ``last`` then ends the thread.

        Raises:
            StoreError: when the thread has ended.
        """
        self._check_alive()
        done: asyncio.Future[None] = self._loop.create_future()
        self._queue.put(_Run(task=task, last=last, done=done))
        return done

    def probe(self) -> "asyncio.Future[None]":
        """Have the thread check that it can write. Concurrent callers share one check.

        Raises:
            StoreError: when the thread has ended.
        """
        if self._probing is None or self._probing.done():
            self._probing = self.run(self._merkle_log.probe)
            # Retrieves the exception: asyncio would log it as never retrieved when every caller has stopped waiting.
            self._probing.add_done_callback(lambda done: done.cancelled() or done.exception())
        return self._probing

    def _check_alive(self) -> None:
        # Otherwise the job would stay in the queue, and its caller would wait forever.
        if not self._thread.is_alive():
            raise StoreError("the audit log is closed")

    def _main(self) -> None:
        last = False
        while not last:
            batch: list[_Append] = []
            job = self._wait()
            while isinstance(job, _Append):
                batch.append(job)
                job = self._poll() if len(batch) < MAX_BATCH else None
            if batch:
                self._commit(batch)
            if job is not None:
                self._perform(job)
                last = job.last
            # After a batch too: under a steady stream of entries the queue is never empty for long.
            elif time.monotonic() >= self._next_checkpoint:
                self._checkpoint()

    def _wait(self) -> _Append | _Run | None:
        """The next job, or ``None`` when a checkpoint is due first."""
        try:
            return self._queue.get(timeout=max(0.0, self._next_checkpoint - time.monotonic()))
        except queue.Empty:
            return None

    def _poll(self) -> _Append | _Run | None:
        try:
            return self._queue.get_nowait()
        except queue.Empty:
            return None

    def _commit(self, batch: Sequence[_Append]) -> None:
        try:
            records = self._merkle_log.append([job.item for job in batch])
        except StoreError as error:
            self._record_state(error)
            self._call_in_loop(self._fail, batch, error)
        else:
            self._record_state(None)
            self._call_in_loop(self._settle, batch, records)

    def _perform(self, job: _Run) -> None:
        try:
            job.task()
        except StoreError as error:
            self._record_state(error)
            self._call_in_loop(_fail_one, job.done, error)
        else:
            self._record_state(None)
            self._call_in_loop(_settle_one, job.done, None)

    def _checkpoint(self) -> None:
        # Set first: after a failure, the next try waits for the interval too.
        self._next_checkpoint = time.monotonic() + self._checkpoint_seconds
        try:
            self._merkle_log.checkpoint()
        except StoreError as error:
            # Nobody awaits it. Appends meet the same fault, and the next checkpoint tries again.
            self._record_state(error)

    def _settle(self, batch: Sequence[_Append], records: Sequence[AuditRecord]) -> None:
        self._waiting -= len(batch)
        for job, record in zip(batch, records, strict=True):
            _settle_one(job.done, record)

    def _fail(self, batch: Sequence[_Append], error: StoreError) -> None:
        self._waiting -= len(batch)
        for job in batch:
            _fail_one(job.done, error)

    def _record_state(self, error: StoreError | None) -> None:
        """Record the outcome of the last write, and log it once when it changes."""
        self.written_at = float("-inf") if error else time.monotonic()
        if error is not None and not self._failing:
            self._log.error("audit_store_failed", reason=str(error))
        elif error is None and self._failing:
            self._log.warning("audit_store_recovered")
        self._failing = error is not None

    def _call_in_loop(self, callback: Callable[..., None], *arguments: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody awaits it any more
            # Futures may be completed only on the thread of their event loop.
            self._loop.call_soon_threadsafe(callback, *arguments)


def _settle_one(done: "asyncio.Future[Any]", result: Any) -> None:
    # The caller may have been cancelled while the entry was written.
    if not done.done():
        done.set_result(result)


def _fail_one(done: "asyncio.Future[Any]", error: StoreError) -> None:
    if not done.done():
        done.set_exception(error)
