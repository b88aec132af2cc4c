"""From a decision to deployments: only those it permits, healthy ones first by priority, then by load, with a bounded wait.

A ``Lease`` is a place at a deployment. It is held until the reply has ended, and how it ended is what the breaker learns.
"""

import asyncio
import math
import random
import time
from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from gateway import timeouts
from gateway.errors import (
    ContextTooLong,
    NoDeployment,
    NotFound,
    Overloaded,
    UpstreamError,
    UpstreamFailed,
    UpstreamRateLimited,
    UpstreamTimeout,
)
from gateway.routing.affinity import Affinity
from gateway.routing.balance import Balance, Slot
from gateway.routing.catalogue import ModelEntry
from gateway.routing.context import fitting, larger
from gateway.routing.health import Health
from gateway.settings.root import Settings
from gateway.types import Call, Decision, Deployment

_T = TypeVar("_T")


class Deployments(Protocol):
    """What an operator sees and does of deployments: of one process, or of all workers."""

    async def status(self) -> Mapping[str, Any]:
        """How each stands, by name: its state, and requests under way."""

    async def drain(self, name: str, *, on: bool) -> None:
        """Give one no new requests from now on, or give it some again.

        Raises:
            NotFound: there is none of that name.
            NotReady: not every worker has taken it.
        """


class Router:
    """The deployments of the configuration, with their load and their health. One process's :class:`Deployments`.

    Args:
        settings: the configuration.
        now: a clock that never goes back, in seconds.
        draw: where the balance draws from.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        now: Callable[[], float] = time.monotonic,
        draw: random.Random | None = None,
    ) -> None:
        self.routing = settings.routing
        self.now = now
        self.balance = Balance(draw)
        self.affinity = Affinity(settings.routing.conversations)
        self.slots = {
            name: Slot(
                name, deployment, Health(settings.routing, deployment.probe, drain=deployment.drain)
            )
            for name, deployment in settings.deployments.items()
        }
        self._waiting: list[_Waiter] = []

    def plan(
        self,
        decision: Decision,
        entry: ModelEntry,
        deployments: Sequence[Deployment],
        call: Call,
        tenant: str,
    ) -> "Plan":
        """How one request is sent.

        Args:
            decision: says which deployments are permitted.
            entry: the model that was asked for; its own deployments come first.
            deployments: those, and what policy may send the call to instead.
            call: the parsed request, for its size and for the conversation that it continues.
            tenant: whose conversation it is.

        Raises:
            NoDeployment: the decision permits none of them.
            ContextExceeded: the call can't fit into any that it permits.
        """
        permitted = route(decision, deployments)
        room = fitting(call, [self.slots[deployment.name] for deployment in permitted])
        permitted = tuple(d for d in permitted if self.slots[d.name] in room)
        digests = self.affinity.digests(call, f"{tenant}:{entry.name}") if permitted[1:] else ()
        return Plan(self, entry, permitted, digests)

    async def take(
        self, entry: ModelEntry, slots: Sequence[Slot], digests: Sequence[bytes] = ()
    ) -> "Lease":
        """A place at one of the slots; waits for one when all that may be tried are full.

        Raises:
            NoDeployment: none may be tried now.
            Overloaded: too many wait already, or the wait was too long.
        """
        now = self.now()
        usable = [slot for slot in slots if slot.health.available(now)]
        if not usable:
            raise self._none(slots, now)
        free = [slot for slot in usable if not slot.full]
        if not free:
            return await self._wait(entry.name, slots)
        own = {deployment.name for deployment in entry.deployments}
        ranks = {slot.name: (slot.name not in own, slot.rank) for slot in free}
        nearest = [slot for slot in free if ranks[slot.name] == min(ranks.values())]
        chosen = self.balance.choose(nearest, now, self.affinity.preferred(digests))
        return Lease(self, chosen)

    @property
    def draining(self) -> list[str]:
        """Deployments that get no new requests."""
        return [name for name, slot in self.slots.items() if slot.health.draining]

    def set_draining(self, names: Collection[str]) -> None:
        """Give these deployments no new requests from now on, and the others some again."""
        for name, slot in self.slots.items():
            slot.health.draining = name in names
            self.slot_freed(slot)

    async def drain(self, name: str, *, on: bool) -> None:
        """As :class:`Deployments` says."""
        if name not in self.slots:
            raise NotFound("No deployment of that name is here.")
        others = set(self.draining) - {name}
        self.set_draining({*others, name} if on else others)

    async def status(self) -> dict[str, dict[str, str | int]]:
        """As :class:`Deployments` says."""
        now = self.now()
        return {
            name: {"state": slot.health.state(now).value, "under_way": slot.outstanding}
            for name, slot in self.slots.items()
        }

    def slot_freed(self, slot: Slot) -> None:
        """A place became free: the first that waits for it gets it."""
        if slot.full or not slot.health.available(self.now()):
            return
        for waiter in self._waiting:
            if slot in waiter.slots:
                self._waiting.remove(waiter)
                waiter.place.set_result(Lease(self, slot))
                return

    async def _wait(self, model: str, slots: Sequence[Slot]) -> "Lease":
        if sum(waiter.model == model for waiter in self._waiting) >= self.routing.queue:
            raise Overloaded("Too many requests wait for this model already. Retry later.")
        waiter = _Waiter(model, slots)
        self._waiting.append(waiter)
        try:
            async with asyncio.timeout(self.routing.queue_seconds):
                return await asyncio.shield(waiter.place)
        except BaseException as error:
            self._cancel_wait(waiter)
            if isinstance(error, TimeoutError):
                raise Overloaded("No place became free in time. Retry later.") from None
            raise

    def _cancel_wait(self, waiter: "_Waiter") -> None:
        if waiter.place.done():
            waiter.place.result().end(None)
        else:
            self._waiting.remove(waiter)
            waiter.place.cancel()

    def _none(self, slots: Sequence[Slot], now: float) -> NoDeployment:
        soonest = min((slot.health.wait(now) for slot in slots), default=0.0)
        return NoDeployment(
            "No permitted deployment of this model works at the moment. Retry later.",
            retry_after=max(1, math.ceil(soonest)),
        )


class _Waiter:
    def __init__(self, model: str, slots: Sequence[Slot]) -> None:
        self.model = model
        self.slots = slots
        self.place: asyncio.Future[Lease] = asyncio.get_running_loop().create_future()


class Plan:
    """The attempts of one request: each deployment at most once."""

    def __init__(
        self,
        router: Router,
        entry: ModelEntry,
        permitted: Sequence[Deployment],
        digests: Sequence[bytes],
    ) -> None:
        self._router = router
        self._entry = entry
        self._digests = digests
        self._left = {deployment.name: deployment for deployment in permitted}
        self._attempts = router.routing.attempts
        self._last: Slot

    async def take(self) -> tuple[Deployment, "Lease"]:
        """The next deployment to try, and a place there.

        Raises:
            NoDeployment, Overloaded: there is none, or no place.
        """
        slots = [self._router.slots[name] for name in self._left]
        lease = await self._router.take(self._entry, slots, self._digests)
        self._router.affinity.learn(self._digests, lease.slot.name)
        self._attempts -= 1
        self._last = lease.slot
        return self._left.pop(lease.slot.name), lease

    def should_retry(self, error: UpstreamError) -> bool:
        """Whether another deployment is to be tried after this failure: one with more context, where that was too small."""
        now = self._router.now()
        if isinstance(error, ContextTooLong):
            larger_slots = larger(self._last, [self._router.slots[name] for name in self._left])
            self._left = {slot.name: self._left[slot.name] for slot in larger_slots}
        return (
            (error.fallback or isinstance(error, ContextTooLong))
            and self._attempts > 0
            and any(self._router.slots[name].health.available(now) for name in self._left)
        )


class Lease:
    """A place at a deployment. As a context it is given back when the block fails; else ``track`` gives it back."""

    def __init__(self, router: Router, slot: Slot) -> None:
        self._router = router
        self._held = True
        self.slot = slot
        slot.outstanding += 1
        slot.health.sent(router.now())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            self.end(error)

    async def track(self, events: AsyncGenerator[_T, None]) -> AsyncGenerator[_T, None]:
        """The reply's events as they are; the place is given back at their end."""
        begun = False
        try:
            async with aclosing(events):
                async for event in events:
                    if not begun:
                        begun = True
                        self.slot.health.answered(self._router.now())
                    yield event
        except BaseException as error:
            self.end(error)
            raise
        self.slot.health.succeeded()
        self.end(None)

    def end(self, error: BaseException | None) -> None:
        """Give the place back, once; ``error`` is what ended the call early."""
        if not self._held:
            return
        self._held = False
        self._report_outcome(error)
        self.slot.outstanding -= 1
        self._router.slot_freed(self.slot)

    def _report_outcome(self, error: BaseException | None) -> None:
        health, now = self.slot.health, self._router.now()
        if isinstance(error, UpstreamFailed | UpstreamTimeout):
            health.failed(now)
        else:
            health.inconclusive()
        if isinstance(error, UpstreamError) and error.retry_after is not None:
            health.back_off(error.retry_after, now)
        elif isinstance(error, UpstreamRateLimited):
            health.back_off(timeouts.RATE_LIMIT_PAUSE, now)


def route(decision: Decision, deployments: Sequence[Deployment]) -> tuple[Deployment, ...]:
    """The deployments that the decision permits, in order of preference.

    Raises:
        NoDeployment: there is none.
    """
    verdicts = decision.candidates
    permitted = tuple(
        deployment
        for deployment in deployments
        if deployment.name in verdicts and verdicts[deployment.name].allow
    )
    if not decision.allow or not permitted:
        raise NoDeployment("No permitted deployment serves this model. Ask the operator.")
    return permitted
