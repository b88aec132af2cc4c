"""While a translation runs, its thread opens no socket and starts no process, whatever the library tries.

The interpreter's audit hooks (PEP 578) see every such call, from whichever library; a hook can't be taken out again.
"""

import sys
import threading
from types import TracebackType
from typing import Any, Self

_DENIED = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system")


class NetworkAttempted(PermissionError):
    """What is under the seal tried to reach out; nothing left."""


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
    """Holds for the ``with`` block, in this thread.

    Attributes:
        broken: whether anything was refused, which a library may have swallowed.
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
