"""Detects newer policies, builds them, runs their own tests, and installs them completely or not at all.

A refused revision changes nothing: the current one stays in use, and the listener is notified.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeAlias

from gateway.background import Background
from gateway.errors import ConfigError
from gateway.policy.compile.build import Build
from gateway.policy.compile.bundle import load
from gateway.policy.compile.self_test import self_tested
from gateway.policy.compile.signatures import Verifier

Install: TypeAlias = Callable[[Build], Awaitable[None]]


class PolicyListener(Protocol):
    """Notified of every change, for metrics and logs."""

    def policy_swapped(self, role: str, revision: str) -> None:
        """A revision was installed. ``role`` is ``live`` or ``candidate``."""

    def policy_refused(self, role: str, faults: Sequence[str]) -> None:
        """A newer revision has faults; the installed one stays."""


class PolicySource(Protocol):
    """Where policies come from."""

    async def newer(self, *, now: bool) -> Build | None:
        """A build that differs from the last one returned, or ``None``.

        Args:
            now: read at once, without waiting for files that may still be being written.

        Raises:
            ConfigError: there is a newer one, and it has faults.
        """

    def judged(self, *, installed: bool) -> None:
        """The last build was installed, or refused. Without this call it is returned again."""


class FileSource:
    """A policy folder or a bundle on disk, read once it has changed and then stayed the same for one check.

    Args:
        path: the folder or the bundle.
        verifier: checks the bundle's signature, when one is required.
        loaded: whether the present content has been loaded already.
    """

    def __init__(self, path: Path, verifier: Verifier | None, *, loaded: bool = True) -> None:
        self._path = path
        self._verifier = verifier
        self._judged = self._seen = self._given = _fingerprint(path) if loaded else ()

    async def newer(self, *, now: bool) -> Build | None:
        """See :class:`PolicySource`."""
        found = await asyncio.to_thread(_fingerprint, self._path)
        settled, self._seen = found == self._seen, found
        if not now and (found == self._judged or not settled):
            return None
        # Taken before the files are read, so that an edit meanwhile is detected at the next check.
        self._given = found
        # In a thread: building and testing takes seconds, and must not block requests.
        return await asyncio.to_thread(self_tested, lambda: load(self._path, self._verifier))

    def judged(self, *, installed: bool) -> None:
        """See :class:`PolicySource`; files that were refused are not read again until they change."""
        self._judged = self._given


class Refresher:
    """Checks a source at intervals, and when it is triggered.

    Args:
        role: ``live`` or ``candidate``.
        source: where newer policies come from.
        install: installs a build.
        listener: notified of changes.
        seconds: between checks; 0 checks only when triggered.
        background: runs the checks.
    """

    def __init__(
        self,
        role: str,
        source: PolicySource,
        install: Install,
        listener: PolicyListener,
        seconds: float,
        background: Background | None = None,
    ) -> None:
        self.role = role
        self._source = source
        self._install = install
        self._listener = listener
        self._triggered = False
        self._task = (background or Background()).every(
            f"policy {role}", lambda: seconds or None, self._round
        )

    async def start(self) -> None:
        """Start checking."""
        self._task.start()

    async def close(self) -> None:
        """Stop checking."""
        await self._task.close()

    def trigger(self) -> None:
        """Check now, even if nothing seems to have changed."""
        self._triggered = True
        self._task.trigger()

    async def check(self, *, now: bool = True) -> None:
        """Check once, and install what is newer."""
        try:
            build = await self._source.newer(now=now)
            if build is None:
                return
            await self._install(build)
        except ConfigError as error:
            self._source.judged(installed=False)
            self._listener.policy_refused(self.role, error.faults)
        else:
            self._source.judged(installed=True)
            self._listener.policy_swapped(self.role, build.revision)

    async def _round(self) -> None:
        # Cleared before the check: a trigger during it causes another check.
        triggered, self._triggered = self._triggered, False
        await self.check(now=triggered)


def _fingerprint(path: Path) -> tuple[tuple[str, int, int], ...]:
    """Names, sizes and modification times of all files: cheap to read, and different after any edit."""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    found = []
    for file in files:
        try:
            stat = file.stat()
        # Deleted since the folder was listed.
        except OSError:
            continue
        found.append((str(file), stat.st_size, stat.st_mtime_ns))
    return tuple(found)
