"""Blocks network access and new processes in a thread while a translation runs.

Audit hooks of the interpreter (PEP 578) are called for every such operation, whichever library it comes from. A hook can't be
removed, so one hook is installed for the life of the process and consults the thread's guard.
"""

import sys
import threading
from types import TracebackType
from typing import Any, Self

_DENIED = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system")


class NetworkAttempted(PermissionError):
    """Code in a ``NoNetwork`` block tried to open a connection or start a process; nothing was sent."""


class _Thread(threading.local):
    guard: "NoNetwork | None" = None


_thread = _Thread()


def _watch(event: str, _: tuple[Any, ...]) -> None:
    guard = _thread.guard
    if guard is not None and event.startswith(_DENIED):
        guard.triggered = True
        raise NetworkAttempted(f"{event} while translating")


sys.addaudithook(_watch)


class NoNetwork:
    """Refuses network access within the ``with`` block, in this thread only.

    Attributes:
        triggered: whether an operation was refused; the library may have caught the exception.
    """

    def __init__(self) -> None:
        self.triggered = False

    def __enter__(self) -> Self:
        _thread.guard = self
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _thread.guard = None
