"""Looks between requests at what bound deployments show of themselves."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Final

from gateway.provenance.standing import Shows, Standing

_FIRST_LOOK_SECONDS: Final = 10.0
"""How long a start waits for the first look: until then bound deployments serve nothing."""


def _now() -> datetime:
    return datetime.now(UTC)


class Watch:
    """Looks at each bound deployment for as long as the gateway runs.

    Args:
        standings: the deployments that are bound to records, by name.
        shows: how those are asked that can be.
        now: the wall clock.
    """

    def __init__(
        self,
        standings: Mapping[str, Standing],
        shows: Mapping[str, Shows],
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._standings = {name: each for name, each in standings.items() if name in shows}
        self._shows = shows
        self._now = now
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Look, and go on looking. A deployment that is slow to show itself is not waited for longer than some seconds."""
        loop = asyncio.get_running_loop()
        first = [loop.create_task(self.look(name)) for name in self._standings]
        self._tasks = [
            loop.create_task(self._forever(name, task))
            for name, task in zip(self._standings, first, strict=True)
        ]
        if first:
            await asyncio.wait(first, timeout=_FIRST_LOOK_SECONDS)

    async def close(self) -> None:
        """Stop looking."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def names(self) -> Collection[str]:
        """The deployments that are looked at."""
        return self._standings.keys()

    async def look(self, name: str) -> None:
        """Look at one deployment now."""
        await self._standings[name].look(self._shows[name], self._now())

    async def _forever(self, name: str, first: asyncio.Task[None]) -> None:
        await first
        while True:
            await asyncio.sleep(self._standings[name].seconds)
            await self.look(name)
