"""Observes deployments that are bound to signed records, between requests."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

from gateway import timeouts
from gateway.background import Background, BackgroundTask
from gateway.provenance.status import DeploymentObserver, ProvenanceStatus


def _now() -> datetime:
    return datetime.now(UTC)


class ProvenanceMonitor:
    """Observes each bound deployment for as long as the gateway runs.

    Args:
        statuses: the deployments that are bound to records, by name.
        observer: the observers of those that can be observed, by name.
        now: the wall clock.
        background: runs the observing.
    """

    def __init__(
        self,
        statuses: Mapping[str, ProvenanceStatus],
        observer: Mapping[str, DeploymentObserver],
        now: Callable[[], datetime] = _now,
        background: Background | None = None,
    ) -> None:
        self._statuses = {name: each for name, each in statuses.items() if name in observer}
        self._observers = observer
        self._now = now
        self._observed = {name: asyncio.Event() for name in self._statuses}
        made = background or Background()
        self._tasks = [self._task(made, name) for name in self._statuses]

    async def start(self) -> None:
        """Start observing. Waits for the first observations, at most ``timeouts.FIRST_OBSERVATION`` seconds."""
        for task in self._tasks:
            task.start()
        with suppress(TimeoutError):
            async with asyncio.timeout(timeouts.FIRST_OBSERVATION):
                await asyncio.gather(*(event.wait() for event in self._observed.values()))

    async def close(self) -> None:
        """Stop observing."""
        await asyncio.gather(*(task.close() for task in self._tasks))

    @property
    def names(self) -> Collection[str]:
        """The deployments that are observed."""
        return self._statuses.keys()

    async def observe(self, name: str) -> None:
        """Observe one deployment now."""
        try:
            await self._statuses[name].observe(self._observers[name], self._now())
        finally:
            # After a failure too: `start` waits for the first observation, whatever its result.
            self._observed[name].set()

    def _task(self, background: Background, name: str) -> BackgroundTask:
        status, step = self._statuses[name], partial(self.observe, name)
        return background.every(f"provenance {name}", lambda: status.seconds, step, at_once=True)
