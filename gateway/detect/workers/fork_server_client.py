"""The gateway's side of its detector processes: the fork server, and the workers that it makes.

To import and load what detectors need takes seconds; a fork of a process that has it takes milliseconds, and shares
its memory. The fork server sees no text and does nothing but fork, so that it has no cause to fail. When it is
killed all the same, its workers go on, and another takes its place.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from dataclasses import dataclass
from typing import Any, Final

import orjson
import structlog

from gateway.background import Background
from gateway.detect.workers.frames import Channel

CHANNEL_ERRORS: Final = (ConnectionError, orjson.JSONDecodeError)
"""What ``Channel`` raises when the other side fails."""
_ENVIRONMENT: Final = (
    "PATH", "LD_LIBRARY_PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "VIRTUAL_ENV", "PYTHONHOME",
)  # fmt: skip
_SINGLE_THREADED: Final = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"
)


class StartFailed(Exception):
    """An engine could not be built, or a process not be started; the message says why and holds no user text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A detector process, and its channel."""

    pid: int
    channel: Channel

    async def wait_ready(self) -> str:
        """The revision of its engine, once it has loaded what users bring.

        Raises:
            StartFailed: it could not.
        """
        return str((await _ready_message(self.channel))["revision"])

    def end(self) -> None:
        """End it, also while it is busy or stopped."""
        if not self.channel.closed.done():  # until then its id is not another's
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        self.channel.close()


class ForkServer:
    """Makes workers, and starts the process that does so whenever there is none.

    Args:
        command: the engine's factory, the languages, and what settings add (see ``child``).
        background: runs the watch over the server.
    """

    def __init__(self, command: tuple[str, ...], background: Background | None = None) -> None:
        self._command = command
        self._lock = asyncio.Lock()
        self._server: _Server | None = None
        # A job for each server, not one loop: each waits for the end of one process. Where a replacement fails, the
        # next fork tries again.
        self._watches = (background or Background()).jobs("detector fork server")

    async def fork(self) -> Worker:
        """A new worker.

        Raises:
            StartFailed: the models can't be loaded, or a process not be made.
        """
        async with self._lock:
            server = await self._running_server()
            try:
                return await server.fork()
            except BaseException as error:
                self._server = None  # its late answer would be taken for the next one's
                await server.end()
                if isinstance(error, CHANNEL_ERRORS):
                    raise StartFailed(type(error).__name__) from None
                raise

    async def close(self) -> None:
        """End the server; whoever has a worker ends that."""
        await self._watches.close()
        if self._server is not None:
            await self._server.end()

    async def _running_server(self) -> "_Server":
        if self._server is None:
            server = await _Server.start(self._command)
            try:
                await _ready_message(server.channel)
            except BaseException:
                await server.end()
                raise
            self._server = server
            self._watches.spawn(self._restart_on_exit(server))
        return self._server

    async def _restart_on_exit(self, server: "_Server") -> None:
        """Start another when it ends, before a worker is missed."""
        await server.process.wait()
        structlog.get_logger().warning("detector_fork_server_ended")
        server.channel.close()
        async with self._lock:
            if self._server is server:
                self._server = None
            # Where this fails the next fork tries again, and says why.
            with contextlib.suppress(StartFailed, OSError):
                await self._running_server()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Server:
    """The process that forks, and the end of a socket pair that carries its commands."""

    process: Process
    control: socket.socket
    channel: Channel

    @classmethod
    async def start(cls, command: tuple[str, ...]) -> "_Server":
        ours, theirs = socket.socketpair()
        with theirs:
            channel = await Channel.over(ours)
            try:
                process = await _spawn(theirs.fileno(), command)
            except BaseException:
                channel.close()
                raise
        return cls(process=process, control=ours, channel=channel)

    async def fork(self) -> Worker:
        ours, theirs = socket.socketpair()
        with theirs:
            channel = await Channel.over(ours)
            try:
                socket.send_fds(self.control, [b"f"], [theirs.fileno()])
                return Worker(pid=(await self.channel.answer())["pid"], channel=channel)
            except BaseException:
                channel.close()
                raise

    async def end(self) -> None:
        """End it alone: whoever has a worker of it ends that."""
        self.channel.close()
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
        await self.process.wait()


async def _spawn(descriptor: int, command: tuple[str, ...]) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "gateway.detect.workers.fork_server",
        str(descriptor),
        *command,
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=DEVNULL,
        pass_fds=(descriptor,),
        env=_environment(),
        start_new_session=True,  # a group of its own, which it ends as a whole when the gateway is gone
    )


async def _ready_message(channel: Channel) -> Any:
    """What a process says once it is ready."""
    try:
        wait_ready = await channel.answer()
    except CHANNEL_ERRORS as error:
        raise StartFailed(type(error).__name__) from None
    if "failed" in wait_ready:
        raise StartFailed(wait_ready["failed"])
    return wait_ready


def _environment() -> dict[str, str]:
    """What a child needs, and none of the gateway's credentials."""
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    return {**kept, **_SINGLE_THREADED, "PYTHONPATH": os.pathsep.join(sys.path)}
