"""Probes deployments between requests; a probe contains no data of any caller."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from gateway.background import Background, BackgroundTask
from gateway.routing.router import Router
from gateway.settings.deployments import Probe


class Prober:
    """Probes each deployment that has a ``probe`` setting, for as long as the gateway runs.

    Args:
        router: its slots are updated by the results.
        probes: how each is probed, by deployment.
        ask: probes one deployment; ``""`` when it works, else the fault in a few words, without an address.
        log: a structlog logger.
        background: runs the probing.
    """

    def __init__(
        self,
        router: Router,
        probes: Mapping[str, Probe],
        ask: Callable[[str, Probe], Awaitable[str]],
        log: Any,
        background: Background | None = None,
    ) -> None:
        self._router = router
        self._probes = probes
        self._ask = ask
        self._log = log
        made = background or Background()
        self._tasks = [self._task(made, name, probe) for name, probe in probes.items()]
        self._faults: dict[str, str] = {}

    async def start(self) -> None:
        """Start probing."""
        for task in self._tasks:
            task.start()

    async def close(self) -> None:
        """Stop probing."""
        await asyncio.gather(*(task.close() for task in self._tasks))

    async def probe(self, name: str) -> str:
        """Probe one deployment now; its fault, or ``""``."""
        fault = await self._ask(name, self._probes[name])
        slot = self._router.slots[name]
        slot.health.probed(ok=not fault)
        if fault != self._faults.get(name, ""):
            self._log.warning("deployment_probed", deployment=name, fault=fault)
        self._faults[name] = fault
        # A request may be waiting for a deployment that has just recovered.
        self._router.slot_freed(slot)
        return fault

    def _task(self, background: Background, name: str, probe: Probe) -> BackgroundTask:
        step = partial(self.probe, name)
        return background.every(f"probe {name}", lambda: probe.seconds, step, at_once=True)
