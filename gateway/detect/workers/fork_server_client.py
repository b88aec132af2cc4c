"""The gateway's side of its detector processes: the fork server, and the workers that it makes.

Importing and loading what detectors need takes seconds. A fork of a process that has done so takes milliseconds and
shares its memory. The fork server reads no user text and only forks, so it is unlikely to fail. If it is killed, its
workers continue, and a new server is started.
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
    """An engine could not be built, or a process not started; the message has the reason, and no user text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A detector process, and its channel."""

    pid: int
    channel: Channel

    async def wait_ready(self) -> str:
        """Wait until it has loaded the recognisers that settings add; return the revision of its engine.

        Raises:
            StartFailed: it could not load them.
        """
        return str((await _ready_message(self.channel))["revision"])

    def end(self) -> None:
        """Kill it, also while it is busy or stopped."""
        if not self.channel.closed.done():  # it still runs, so its id has not been reused
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        self.channel.close()


class ForkServer:
    """Forks workers, and starts the server process whenever there is none.

    Args:
        command: the engine's factory, the languages, and what settings add (see ``fork_server``).
        background: waits for the end of the server, to start a new one.
    """

    def __init__(self, command: tuple[str, ...], background: Background | None = None) -> None:
        self._command = command
        self._lock = asyncio.Lock()
        self._server: _Server | None = None
        # A job for each server, not one loop: each waits for the end of one process. If no new server can be started,
        # the next fork tries again.
        self._watches = (background or Background()).jobs("detector fork server")

    async def fork(self) -> Worker:
        """Fork a new worker.

        Raises:
            StartFailed: the models can't be loaded, or a process can't be started.
        """
        async with self._lock:
            server = await self._running_server()
            try:
                return await server.fork()
            except BaseException as error:
                self._server = None  # a late answer would be read as the answer to the next request
                await server.end()
                if isinstance(error, CHANNEL_ERRORS):
                    raise StartFailed(type(error).__name__) from None
                raise

    async def close(self) -> None:
        """End the server. Its workers are ended by their supervisors."""
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
        """Start a new server when this one ends, before the next worker is needed."""
        await server.process.wait()
        structlog.get_logger().warning("detector_fork_server_ended")
        server.channel.close()
        async with self._lock:
            if self._server is server:
                self._server = None
            # If this fails, the next fork tries again and reports why.
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
        """Kill the server process only; its workers continue."""
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
        start_new_session=True,  # its own process group, which it kills when the gateway has ended
    )


async def _ready_message(channel: Channel) -> Any:
    """The message that a process sends once it is ready."""
    try:
        wait_ready = await channel.answer()
    except CHANNEL_ERRORS as error:
        raise StartFailed(type(error).__name__) from None
    if "failed" in wait_ready:
        raise StartFailed(wait_ready["failed"])
    return wait_ready


def _environment() -> dict[str, str]:
    """The environment of detector processes: what they need, and none of the gateway's credentials."""
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    return {**kept, **_SINGLE_THREADED, "PYTHONPATH": os.pathsep.join(sys.path)}
