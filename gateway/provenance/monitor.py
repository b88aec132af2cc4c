"""Looks between requests at what bound deployments show of themselves."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime

from gateway import timeouts
from gateway.provenance.status import DeploymentObserver, ProvenanceStatus


def _now() -> datetime:
    return datetime.now(UTC)


class ProvenanceMonitor:
    """Looks at each bound deployment for as long as the gateway runs.

    Args:
        statuses: the deployments that are bound to records, by name.
        observer: how those are asked that can be.
        now: the wall clock.
    """

    def __init__(
        self,
        statuses: Mapping[str, ProvenanceStatus],
        observer: Mapping[str, DeploymentObserver],
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._statuses = {name: each for name, each in statuses.items() if name in observer}
        self._observers = observer
        self._now = now
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Look, and go on looking. A deployment that is slow to show itself is not waited for longer than some seconds."""
        loop = asyncio.get_running_loop()
        first = [loop.create_task(self.observe(name)) for name in self._statuses]
        self._tasks = [
            loop.create_task(self._run(name, task))
            for name, task in zip(self._statuses, first, strict=True)
        ]
        if first:
            await asyncio.wait(first, timeout=timeouts.FIRST_OBSERVATION)

    async def close(self) -> None:
        """Stop looking."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def names(self) -> Collection[str]:
        """The deployments that are looked at."""
        return self._statuses.keys()

    async def observe(self, name: str) -> None:
        """Look at one deployment now."""
        await self._statuses[name].observe(self._observers[name], self._now())

    async def _run(self, name: str, first: asyncio.Task[None]) -> None:
        await first
        while True:
            await asyncio.sleep(self._statuses[name].seconds)
            await self.observe(name)
