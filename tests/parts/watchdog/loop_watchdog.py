"""Measures the CPU time of a thread in each callback of its event loop.

CPU time, not the time of a clock: it is the same beside other work. What garbage collection takes is left out; it depends on
what ran before, not on the callback.

asyncio's loops run every callback by ``Handle._run``. uvloop's are not written in Python: a subclass measures what is
scheduled on it, and what its connections receive.
"""

import asyncio
import functools
import gc
import json
import os
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import uvloop

VARIABLE: Final = "SEKISHO_LOOP_WATCHDOG"
"""Names the file to which gateways in processes of their own append what they measured, a JSON object a line."""
LIMIT: Final = 0.25
"""Seconds: a test fails above it."""
NOTED: Final = 0.05
"""Seconds: what is above it is reported, and written by processes."""

_ROOT: Final = Path(__file__).resolve().parents[3]
_GATEWAY: Final = str(_ROOT / "gateway")
_TESTS: Final = str(_ROOT / "tests")
_RUNNER: Final = str(sysconfig.get_path("purelib")) + "/pytest_asyncio"
"""Runs the first step of a test, and its fixtures."""
_ASYNCIO: Final = str(Path(asyncio.__file__).parent)

_NAMED: Final = 4
"""Coroutines that are named, from the outermost of them to the one in which the step began."""

Note = Callable[[float, str], None]
"""Called with the seconds and the name of each callback that took longer than ``NOTED``."""


class Collections:
    """The CPU time that garbage collection took, by thread."""

    def __init__(self) -> None:
        self._began: dict[int, float] = {}
        self.seconds: dict[int, float] = {}

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        thread = threading.get_ident()
        if phase == "start":
            self._began[thread] = time.thread_time()
        elif thread in self._began:
            took = time.thread_time() - self._began.pop(thread)
            self.seconds[thread] = self.seconds.get(thread, 0.0) + took


class Watchdog:
    """Measures callbacks.

    Args:
        note: receives those above ``NOTED``.
    """

    def __init__(self, note: Note) -> None:
        self._note = note
        self._collections = Collections()
        gc.callbacks.append(self._collections)

    @contextmanager
    def measuring(self, callback: object) -> Iterator[None]:
        """Measure what runs within, unless it is a test's own code."""
        # Before the callback: afterwards its coroutine waits elsewhere.
        where = origin(callback)
        if where is None:
            yield
            return
        thread = threading.get_ident()
        collected = self._collections.seconds.get(thread, 0.0)
        began = time.thread_time()
        try:
            yield
        finally:
            took = time.thread_time() - began
            took -= self._collections.seconds.get(thread, 0.0) - collected
            if took > NOTED:
                self._note(took, where)

    def wrapped(self, callback: Callable[..., Any]) -> Callable[..., Any]:
        """The callback, measured whenever it runs."""

        def run(*arguments: Any) -> Any:
            with self.measuring(callback):
                return callback(*arguments)

        return run

    def install(self) -> None:
        """Measure every callback of asyncio's loops, and of those that ``uvloop.run`` makes."""
        watch_handles(self)
        watch_uvloop(self)


def watch_handles(watchdog: Watchdog) -> None:
    """Measure the callbacks of asyncio's own loops."""
    handles: Any = asyncio.Handle
    plain = handles._run

    def run(handle: Any) -> None:
        with watchdog.measuring(handle._callback):
            plain(handle)

    handles._run = run


def watch_uvloop(watchdog: Watchdog) -> None:
    """Measure the callbacks of loops that uvloop makes from now on."""
    library: Any = uvloop
    plain_loop: Any = library.Loop

    class WatchedLoop(plain_loop):  # type: ignore[misc]
        """A loop whose callbacks are measured."""

        def call_soon(self, callback: Any, *arguments: Any, context: Any = None) -> Any:
            return super().call_soon(watchdog.wrapped(callback), *arguments, context=context)

        def call_soon_threadsafe(self, callback: Any, *arguments: Any, context: Any = None) -> Any:
            wrapped = watchdog.wrapped(callback)
            return super().call_soon_threadsafe(wrapped, *arguments, context=context)

        def call_later(
            self, delay: float, callback: Any, *arguments: Any, context: Any = None
        ) -> Any:
            wrapped = watchdog.wrapped(callback)
            return super().call_later(delay, wrapped, *arguments, context=context)

        async def create_server(self, protocol: Any, *arguments: Any, **options: Any) -> Any:
            made = _watched_protocol(watchdog, protocol)
            return await super().create_server(made, *arguments, **options)

        async def create_connection(self, protocol: Any, *arguments: Any, **options: Any) -> Any:
            made = _watched_protocol(watchdog, protocol)
            return await super().create_connection(made, *arguments, **options)

    library.Loop = WatchedLoop


_WATCHED: Final[set[type]] = set()


def _watched_protocol(watchdog: Watchdog, factory: Callable[[], Any]) -> Callable[[], Any]:
    """Protocols whose ``data_received`` is measured; by their class, since instances may have slots."""

    def make() -> Any:
        protocol = factory()
        kind = type(protocol)
        plain = getattr(kind, "data_received", None)
        if kind not in _WATCHED and plain is not None:
            _WATCHED.add(kind)

            @functools.wraps(plain)
            def data_received(self: Any, data: bytes) -> None:
                with watchdog.measuring(plain):
                    plain(self, data)

            kind.data_received = data_received
        return protocol

    return make


def origin(callback: object) -> str | None:
    """The name of what a callback runs; ``None`` for a test's own code.

    A task goes on where its innermost coroutine waits: a test that calls the gateway is the test's own step until it first
    waits inside of the gateway.
    """
    task = getattr(callback, "__self__", None)
    if isinstance(task, asyncio.Task):
        return _task_origin(task)
    while isinstance(callback, functools.partial):
        callback = callback.func
    code = getattr(callback, "__code__", None)
    if code is not None and code.co_filename.startswith(_TESTS):
        return None
    return str(getattr(callback, "__qualname__", None) or type(callback).__qualname__)


def _task_origin(task: "asyncio.Task[Any]") -> str | None:
    chain = list(_chain(task.get_coro()))
    ours = [code for code in chain if code.co_filename.startswith((_GATEWAY, _TESTS))]
    others = [code for code in chain if not code.co_filename.startswith(_ASYNCIO)]
    if not chain or (ours or others or chain)[-1].co_filename.startswith((_TESTS, _RUNNER)):
        return None
    # Those that wait for the innermost one go on within the same step, and may be what takes long.
    inside = [code for code in ours if code.co_filename.startswith(_GATEWAY)]
    named = [
        f"{Path(code.co_filename).stem}.{code.co_qualname}"
        for code in (inside or others or chain)
        if "<" not in code.co_name
    ]
    return f"{' > '.join(named[-_NAMED:])} in {task.get_name()}"


def _chain(waiting: Any) -> Iterator[Any]:
    """The code of a coroutine, and of those that it waits for."""
    while waiting is not None:
        code = next(
            (found for name in _CODE if (found := getattr(waiting, name, None)) is not None), None
        )
        if code is not None:
            yield code
        waiting = next(
            (found for name in _AWAITS if (found := getattr(waiting, name, None)) is not None), None
        )


_CODE: Final = ("cr_code", "gi_code", "ag_code")
_AWAITS: Final = ("cr_await", "gi_yieldfrom", "ag_await")


def to_file(path: Path) -> Note:
    """Appends what is noted to a file."""

    def note(seconds: float, where: str) -> None:
        line = json.dumps({"seconds": round(seconds, 4), "callback": where}) + "\n"
        # One write in append mode: several processes share the file.
        with path.open("a", encoding="utf-8") as file:
            file.write(line)

    return note


def install_from_environment() -> None:
    """Install a watchdog in this process if the environment names its file."""
    if path := os.environ.get(VARIABLE):
        Watchdog(to_file(Path(path))).install()
