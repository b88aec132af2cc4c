"""The processes started by a detector under test."""

import asyncio
import contextlib

import psutil


def fork_servers() -> list[psutil.Process]:
    """The fork servers of this process that run; their children are the workers."""
    return [
        child
        for child in psutil.Process().children()
        if "gateway.detect.workers.fork_server" in _command(child)
    ]


def workers() -> list[psutil.Process]:
    """The detector processes that these have forked, less those that have ended."""
    return [worker for server in fork_servers() for worker in server.children() if _runs(worker)]


async def replacement(old: int) -> int:
    """The process id of the worker that took the place of ``old``, the only one."""
    while True:
        for worker in workers():
            if worker.pid != old:
                return worker.pid
        await asyncio.sleep(0.02)


def _runs(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return str(process.status()) != psutil.STATUS_ZOMBIE
    return False


def _command(process: psutil.Process) -> list[str]:
    with contextlib.suppress(psutil.Error):
        return process.cmdline()
    return []
