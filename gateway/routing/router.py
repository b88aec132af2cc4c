"""From a decision to deployments: only those it permits, healthy ones first by priority, then by load, with a bounded wait.

A ``Lease`` is a slot at a deployment. It is held until the reply has ended, and its outcome is reported to the breaker.
"""

import asyncio
import math
import random
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from types import TracebackType
from typing import Any, Protocol, Self

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
from gateway.routing.context_window import fitting, larger
from gateway.routing.health import Health
from gateway.settings.root import Settings
from gateway.types import Call, Decision, Deployment


class Deployments(Protocol):
    """The status of deployments and their draining, in one process or in all workers."""

    async def status(self) -> Mapping[str, Any]:
        """The status of each by name: its state, and its requests in flight."""

    async def drain(self, name: str, *, on: bool) -> None:
        """Send a deployment no new requests from now on, or send it requests again.

        Raises:
            NotFound: no deployment has that name.
            NotReady: not every worker has applied it.
        """


class Router:
    """The deployments of the configuration, with their load and their health. One process's :class:`Deployments`.

    Args:
        settings: the configuration.
        now: a monotonic clock, in seconds.
        draw: the source of random choices.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        now: Callable[[], float] = time.monotonic,
        draw: random.Random | None = None,
    ) -> None:
        self.routing = settings.routing
        self.balance = Balance(draw)
        self.affinity = Affinity(settings.routing.conversations)
        self.slots = {
            name: Slot(
                name,
                deployment,
                Health(settings.routing, deployment.probe, drain=deployment.drain, clock=now),
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
        """The attempts of one request.

        Args:
            decision: says which deployments are permitted.
            entry: the requested model; its own deployments come first.
            deployments: those, and the deployments that policy may reroute the call to.
            call: the parsed request; its size and the conversation that it continues are read.
            tenant: whose conversation it is.

        Raises:
            NoDeployment: the decision permits none of them.
            ContextExceeded: the call doesn't fit into any that it permits.
        """
        permitted = route(decision, deployments)
        room = fitting(call, [self.slots[deployment.name] for deployment in permitted])
        permitted = tuple(d for d in permitted if self.slots[d.name] in room)
        # With a single deployment there is no choice, and hashing a long conversation takes time.
        digests = self.affinity.digests(call, f"{tenant}:{entry.name}") if permitted[1:] else ()
        return Plan(self, entry, permitted, digests)

    async def take(
        self, entry: ModelEntry, slots: Sequence[Slot], digests: Sequence[bytes] = ()
    ) -> "Lease":
        """A lease of one of the slots; waits for one when all that may be tried are full.

        Raises:
            NoDeployment: none may be tried now.
            Overloaded: too many wait already, or the wait was too long.
        """
        usable = [slot for slot in slots if slot.health.available()]
        if not usable:
            raise self._none(slots)
        free = [slot for slot in usable if not slot.full]
        if not free:
            return await self._wait(entry.name, slots)
        # Deployments of the requested model come before those that policy
        # reroutes to, whatever their rank.
        own = {deployment.name for deployment in entry.deployments}
        ranks = {slot.name: (slot.name not in own, slot.rank) for slot in free}
        nearest = [slot for slot in free if ranks[slot.name] == min(ranks.values())]
        chosen = self.balance.choose(nearest, self.affinity.preferred(digests))
        return Lease(self, chosen)

    @property
    def draining(self) -> list[str]:
        """Names of the deployments that get no new requests."""
        return [name for name, slot in self.slots.items() if slot.health.draining]

    def set_draining(self, names: Collection[str]) -> None:
        """Send these deployments no new requests from now on, and the others requests again."""
        for name, slot in self.slots.items():
            slot.health.draining = name in names
            # A request may be waiting for one that is no longer drained.
            self.slot_freed(slot)

    async def drain(self, name: str, *, on: bool) -> None:
        """See :class:`Deployments`."""
        if name not in self.slots:
            raise NotFound("No deployment of that name is configured.")
        others = set(self.draining) - {name}
        self.set_draining({*others, name} if on else others)

    async def status(self) -> dict[str, dict[str, str | int]]:
        """See :class:`Deployments`."""
        return {
            name: {"state": slot.health.state().value, "under_way": slot.outstanding}
            for name, slot in self.slots.items()
        }

    def slot_freed(self, slot: Slot) -> None:
        """Capacity became free: the first request that waits for it gets it."""
        if slot.full or not slot.health.available():
            return
        for waiter in self._waiting:
            if slot in waiter.slots:
                self._waiting.remove(waiter)
                # The slot is taken here and not when the waiter resumes: a
                # request in between must not get it.
                waiter.lease.set_result(Lease(self, slot))
                return

    async def _wait(self, model: str, slots: Sequence[Slot]) -> "Lease":
        # By model: a flood of requests for one must not fill the queue of the others.
        if sum(waiter.model == model for waiter in self._waiting) >= self.routing.queue:
            raise Overloaded("Too many requests are waiting for this model. Retry later.")
        waiter = _Waiter(model, slots)
        self._waiting.append(waiter)
        try:
            async with asyncio.timeout(self.routing.queue_seconds):
                # Shielded: a lease that was granted must survive the cancellation of this wait, to be released.
                return await asyncio.shield(waiter.lease)
        except BaseException as error:
            self._cancel_wait(waiter)
            if isinstance(error, TimeoutError):
                raise Overloaded("No capacity became free in time. Retry later.") from None
            raise

    def _cancel_wait(self, waiter: "_Waiter") -> None:
        # The lease may have been granted in the same turn of the loop as the cancellation: nobody else would end it.
        if waiter.lease.done():
            waiter.lease.result().end(None)
        else:
            self._waiting.remove(waiter)
            waiter.lease.cancel()

    def _none(self, slots: Sequence[Slot]) -> NoDeployment:
        soonest = min((slot.health.wait() for slot in slots), default=0.0)
        return NoDeployment(
            "No permitted deployment of this model is available. Retry later.",
            retry_after=max(1, math.ceil(soonest)),
        )


class _Waiter:
    def __init__(self, model: str, slots: Sequence[Slot]) -> None:
        self.model = model
        self.slots = slots
        self.lease: asyncio.Future[Lease] = asyncio.get_running_loop().create_future()


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
        """The next deployment to try, and a lease there.

        Raises:
            NoDeployment: none may be tried now.
            Overloaded: no capacity became free in time.
        """
        slots = [self._router.slots[name] for name in self._left]
        lease = await self._router.take(self._entry, slots, self._digests)
        self._router.affinity.remember(self._digests, lease.slot.name)
        self._attempts -= 1
        self._last = lease.slot
        return self._left.pop(lease.slot.name), lease

    def should_retry(self, error: UpstreamError) -> bool:
        """Whether to try another deployment after this failure: one with more context, where the last had too little."""
        if isinstance(error, ContextTooLong):
            larger_slots = larger(self._last, [self._router.slots[name] for name in self._left])
            # For all further attempts: those with less context would fail in the same way.
            self._left = {slot.name: self._left[slot.name] for slot in larger_slots}
        return (
            (error.fallback or isinstance(error, ContextTooLong))
            and self._attempts > 0
            and any(self._router.slots[name].health.available() for name in self._left)
        )


class Lease:
    """A slot at a deployment. As a context manager it is released when the block fails; otherwise who reads the reply releases it."""

    def __init__(self, router: Router, slot: Slot) -> None:
        self._router = router
        self._held = True
        self.slot = slot
        # Counted at once, before any await: two requests must not take the last slot.
        slot.outstanding += 1
        slot.health.sent()

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

    def answered(self) -> None:
        """Report that the reply has begun."""
        self.slot.health.answered()

    def succeeded(self) -> None:
        """Report that the reply is complete, and release the slot."""
        if self._held:
            self.slot.health.succeeded()
        self.end(None)

    def end(self, error: BaseException | None) -> None:
        """Release the slot, once; ``error`` is what ended the call early."""
        if not self._held:
            return
        self._held = False
        # The outcome first: a waiter must not be sent to a deployment that this call has found to fail.
        self._report_outcome(error)
        self.slot.outstanding -= 1
        self._router.slot_freed(self.slot)

    def _report_outcome(self, error: BaseException | None) -> None:
        health = self.slot.health
        if isinstance(error, UpstreamFailed | UpstreamTimeout):
            health.failed()
        else:
            # Cancelled, refused because of the request, or complete, which was counted before.
            health.inconclusive()
        if isinstance(error, UpstreamError) and error.retry_after is not None:
            health.back_off(error.retry_after)
        elif isinstance(error, UpstreamRateLimited):
            health.back_off(timeouts.RATE_LIMIT_PAUSE)


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
