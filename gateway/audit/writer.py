"""One thread that writes: whatever waits when a commit ends goes into the next one (group commit)."""

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import structlog

from gateway.audit.ledger import Item, Ledger
from gateway.audit.store import StoreError
from gateway.types import AuditRecord

MAX_BATCH: Final = 1024

Task: TypeAlias = Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Append:
    item: Item
    done: "asyncio.Future[AuditRecord]"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """Something to be done between commits. ``last`` ends the thread."""

    task: Task
    done: "asyncio.Future[None]"
    last: bool = False


class Writer:
    """The thread, and the queue before it. Its methods are called from one event loop.

    Args:
        ledger: belongs to the thread from now on.
        checkpoint_seconds: time between signed checkpoints.
        backlog: how many entries may wait; beyond it there is no place in the queue.
    """

    def __init__(self, ledger: Ledger, *, checkpoint_seconds: float, backlog: int) -> None:
        self._ledger: Final = ledger
        self._checkpoint_seconds: Final = checkpoint_seconds
        self._queue: Final[queue.Queue[_Append | _Run]] = queue.Queue(backlog)
        self._loop: Final = asyncio.get_running_loop()
        self._thread: Final = threading.Thread(target=self._main, name="audit", daemon=True)
        self._log: Final = structlog.get_logger()
        self._failing = False
        self._next_checkpoint = 0.0
        self.written = 0.0
        """When the last write succeeded (monotonic clock), or 0 when none has since a failure."""
        self._thread.start()

    def append(self, item: Item) -> "asyncio.Future[AuditRecord]":
        """Queue an entry; it is written even if nobody waits any more.

        Raises:
            queue.Full: when too many entries wait.
        """
        done: asyncio.Future[AuditRecord] = self._loop.create_future()
        self._queue.put_nowait(_Append(item=item, done=done))
        return done

    def run(self, task: Task, *, last: bool = False) -> "asyncio.Future[None]":
        """Have the thread do something, after what is queued.

        Raises:
            queue.Full: when too many entries wait.
        """
        done: asyncio.Future[None] = self._loop.create_future()
        self._queue.put_nowait(_Run(task=task, done=done, last=last))
        return done
