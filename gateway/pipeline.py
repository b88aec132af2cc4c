"""The story of a request: every stage, in order. Nothing else knows the order.

A stage is a function from one frozen type to the next; ``Exchange`` is the ledger beside them. The decision
comes before masking, since what is masked depends on where the call goes; each attempt is masked, cleared
and recorded anew; the record is durable before the first upstream byte.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol

from gateway.audit.recorder import Recorder
from gateway.bias.results import BiasResults
from gateway.deliver import document, frames
from gateway.detect.scan.lists import DetectionLists
from gateway.detect.scan.scanner import Scanner
from gateway.dialects.base import Dialect
from gateway.dialects.responses.conversations import DELETE, Conversations
from gateway.errors import SekishoError, UpstreamError
from gateway.exchange import Exchange
from gateway.identity.authenticator import Authenticator
from gateway.identity.credential import Peer
from gateway.keys import KeyRing
from gateway.policy.decide.facts import (
    candidates,
    canonical,
    declared_purpose,
    facts,
    reroute_model,
    with_bias,
)
from gateway.policy.decide.live import LivePolicy, Revision
from gateway.policy.decide.permit import Cleared, clear
from gateway.policy.decide.refusal import refusal
from gateway.policy.lab.trial import trial
from gateway.provenance.status import Provenance
from gateway.quota.estimate import capped, choices
from gateway.quota.meter import metered
from gateway.quota.quotas import Quotas, Reservation, Sizes
from gateway.redact.mask import mask
from gateway.redact.vault import RequestVault
from gateway.respond import OpenReply, Reply
from gateway.routing.catalogue import Catalogue, ModelEntry
from gateway.routing.router import Lease, Router
from gateway.types import Call, Decision, Deployment, Event, Facts, Principal, Scan

STAGES = (
    "guards",
    "authenticate",
    "parse",
    "reserve quota",
    "scan",
    "decide",
    "route",
    "mask",
    "clear",
    "record the attempt",
    "send",
    "respond",
    "record the outcome",
    "settle quota",
)


class Upstream(Protocol):
    """A deployment that can be sent to; see ``upstream/``."""

    def send(self, cleared: Cleared) -> AsyncGenerator[Sequence[Event], None]:
        """The reply's events, as many at a time as came. Closing the generator cancels the call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """A request as the edge guarded it: bounded, decoded, not yet believed."""

    request_id: str
    dialect: Dialect
    operation: str
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes
    received: float
    """Wall clock at the first byte, seconds since the epoch."""
    peer: Peer
    model: str | None = field(default=None, repr=False)
    """The model that the path names, where it names one."""
    reply_id: str = field(default="", repr=False)
    """The kept reply that the path names, where it names one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the edge sends back: a whole body, or frames as they become safe to show."""

    status: int
    body: bytes | AsyncGenerator[bytes, None]
    exchange: Exchange
    error: SekishoError | None = None
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExaminedRequest:
    """A request that was scanned and decided on, with nothing sent."""

    entry: ModelEntry
    deployments: tuple[Deployment, ...]
    """Those of the model, then those that the application's row reroutes to."""
    scan: Scan
    lists: DetectionLists
    """What the revision that decided says of findings."""
    decision: Decision
    output_tokens: int | None = None
    """The bound on the reply that was reserved, when a quota counts it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """The stages, built once by the composition root."""

    identity: Authenticator
    quota: Quotas
    scanner: Scanner
    policy: LivePolicy
    candidate: LivePolicy | None
    """Policies on trial beside the live ones."""
    catalogue: Catalogue
    provenance: Provenance
    bias: BiasResults
    """What was measured of deployments."""
    router: Router
    ring: KeyRing
    upstreams: Mapping[str, Upstream]
    recorder: Recorder
    conversations: Conversations

    async def serve(self, inbound: Inbound) -> Answer:
        """Take one request through every stage; whatever goes wrong becomes a recorded refusal."""
        return await self._recorded(inbound, self._handle)

    async def kept(self, inbound: Inbound) -> Answer:
        """Give out or delete the kept reply that the path names; refusals are recorded, and so is the act."""
        return await self._recorded(inbound, self._kept)

    async def _recorded(
        self, inbound: Inbound, work: Callable[[Inbound, Exchange], Awaitable[Answer]]
    ) -> Answer:
        exchange = Exchange(
            request_id=inbound.request_id,
            started=inbound.received,
            dialect=inbound.dialect.name,
            operation=inbound.operation,
        )
        try:
            return await work(inbound, exchange)
        except SekishoError as error:
            return await self._refuse(inbound, exchange, error)
        except asyncio.CancelledError:
            self.recorder.disconnected(exchange)
            raise
        except Exception as error:  # noqa: BLE001  # the stage boundary: an unknown fault denies
            return await self._refuse(inbound, exchange, self.recorder.fault(error))

    async def models(self, inbound: Inbound) -> bytes:
        """The models that callers may ask for.

        Raises:
            InvalidKey, RateLimited, IdentityUnavailable: as authentication says.
        """
        await self.identity.authenticate(inbound.headers, inbound.peer)
        return inbound.dialect.models(self.catalogue.models())

    async def examine(
        self, principal: Principal, call: Call, exchange: Exchange
    ) -> ExaminedRequest:
        """Scan and decide, and nothing more: shared by ``serve`` and by the dry run.

        Raises:
            ModelNotFound, DetectorUnavailable, PolicyUnavailable: as their stages say.
        """
        entry = self.catalogue.resolve(call.model)
        exchange.model = call.model
        with self.policy.use() as policy:
            lists = self.scanner.lists(policy.build.data["detection"])
            scan = await self.scanner.scan(call, principal.tenant, principal.app, lists)
            exchange.scan, now = scan, datetime.now(UTC)
            rerouted = self._rerouted(principal, entry, policy)
            known = self._facts(principal, exchange, call, scan, entry, rerouted, policy, now)
            exchange.purpose = known.purpose
            exchange.facts = canonical(known)
            exchange.decision = decision = await policy.decider.decide(known)
        if self.candidate is not None:
            with self.candidate.use() as policy:
                elsewhere = self._rerouted(principal, entry, policy)
                known = self._facts(principal, exchange, call, scan, entry, elsewhere, policy, now)
                exchange.trial = await trial(policy, known, decision)
        deployments = (*entry.deployments, *rerouted)
        return ExaminedRequest(
            entry=entry, deployments=deployments, scan=scan, lists=lists, decision=decision
        )

    def _facts(
        self,
        principal: Principal,
        exchange: Exchange,
        call: Call,
        scan: Scan,
        entry: ModelEntry,
        rerouted: Sequence[Deployment],
        policy: Revision,
        now: datetime,
    ) -> Facts:
        found = candidates(
            entry.name,
            entry.deployments,
            app=principal.app,
            build=policy.build,
            harvest=exchange.harvest,
            proofs=self.provenance.proofs((*entry.deployments, *rerouted), now),
            rerouted=rerouted,
        )
        known = facts(
            principal=principal,
            call=call,
            scan=scan,
            model=entry.name,
            candidates=found,
            build=policy.build,
            now=now,
        )
        return with_bias(known, self.bias.of(each.deployment for each in found), now)

    def _rerouted(
        self, principal: Principal, entry: ModelEntry, policy: Revision
    ) -> tuple[Deployment, ...]:
        """Deployments that the application's row names, unless they serve the model already."""
        name = reroute_model(principal.app, policy.build)
        return tuple(d for d in self.catalogue.deployments(name) if d not in entry.deployments)

    def clear(
        self,
        dialect: Dialect,
        call: Call,
        examined: ExaminedRequest,
        tenant: str,
        deployment: Deployment,
    ) -> Cleared:
        """Mask a call for one deployment and ask policy's permission to send it there.

        Raises:
            PolicyError: the decision does not permit this deployment, or a value can't be replaced.
        """
        decision = examined.decision
        key_id = self.ring.active_id
        key = self.ring.derive(tenant, "placeholder", key_id)
        vault = RequestVault(key, key_id, [segment.text for segment in call.segments])
        treatment = decision.candidates[deployment.name].treatment
        masking = mask(call, examined.scan, treatment, vault)
        masked = dialect.rebuild(call, masking.replacements, masking.redactions)
        masked = capped(masked, examined.output_tokens)
        return clear(call=masked, vault=vault, decision=decision, deployment=deployment)

    async def _authenticated(self, inbound: Inbound, exchange: Exchange) -> Principal:
        """The caller, known before its user is: a user that is refused is a recorded refusal of the caller."""
        principal = await self.identity.authenticate(inbound.headers, inbound.peer)
        exchange.principal = principal
        exchange.principal = principal = await self.identity.on_behalf(principal, inbound.headers)
        return principal

    async def _handle(self, inbound: Inbound, exchange: Exchange) -> Answer:
        principal = await self._authenticated(inbound, exchange)
        call = inbound.dialect.parse(inbound.body, inbound.operation, inbound.model)
        call = await self.conversations.with_history(principal, call)
        exchange.target = call.reply_id
        declared = declared_purpose(inbound.headers, call.purpose)
        exchange.call = call = replace(call, purpose=declared)
        reservation = await self.quota.reserve(principal, call, self._sizes(call), exchange)
        try:
            examined = await self.examine(principal, call, exchange)
            if not examined.decision.allow:
                raise refusal(examined.decision)
            examined = replace(examined, output_tokens=reservation.output_tokens)
            open_reply = await self._open(inbound.dialect, principal, call, examined, exchange)
            return await self._respond(inbound, principal, open_reply, exchange, reservation)
        except BaseException:
            reservation.settle(exchange)
            raise

    def _sizes(self, call: Call) -> Sizes:
        entry = self.catalogue.resolve(call.model)
        return Sizes(model=entry.name, deployments=tuple(d.name for d in entry.deployments))

    async def _open(
        self,
        dialect: Dialect,
        principal: Principal,
        call: Call,
        examined: ExaminedRequest,
        exchange: Exchange,
    ) -> OpenReply:
        """Try the permitted deployments, best first, until one begins to answer."""
        plan = self.router.plan(
            examined.decision, examined.entry, examined.deployments, call, principal.tenant
        )
        while True:
            deployment, lease = await plan.take()
            try:
                with lease:
                    cleared = self.clear(dialect, call, examined, principal.tenant, deployment)
                    await self._attempt(cleared, exchange)
                    return await self._first(call, cleared, lease, examined, exchange)
            except UpstreamError as error:
                if not plan.should_retry(error):
                    raise
                await self.recorder.attempt_failed(exchange, error)

    async def _attempt(self, cleared: Cleared, exchange: Exchange) -> None:
        exchange.attempts += 1
        exchange.deployment = cleared.deployment
        exchange.sent_model = cleared.deployment.model
        exchange.redactions = cleared.call.redactions
        exchange.placeholder_key_id = self.ring.active_id
        await self.recorder.attempt(exchange)

    async def _first(
        self,
        call: Call,
        cleared: Cleared,
        lease: Lease,
        examined: ExaminedRequest,
        exchange: Exchange,
    ) -> OpenReply:
        events = lease.track(self.upstreams[cleared.deployment.name].send(cleared))
        if call.stream and examined.output_tokens is not None:
            events = metered(events, examined.output_tokens * choices(call))
        began = time.perf_counter()
        exchange.sent = True
        try:
            first = await anext(events)
        except SekishoError:
            exchange.sent = False
            await events.aclose()
            raise
        except BaseException:
            await events.aclose()
            raise
        finally:
            exchange.upstream_seconds += time.perf_counter() - began
        return OpenReply(first=first, rest=events, call=call, cleared=cleared, lists=examined.lists)

    async def _respond(
        self,
        inbound: Inbound,
        principal: Principal,
        open_reply: OpenReply,
        exchange: Exchange,
        reservation: Reservation,
    ) -> Answer:
        reply = Reply(open_reply, exchange, self.scanner, inbound.dialect)
        if reply.call.reply_id:
            reply.events = self.conversations.storing(principal, reply.call, reply.events)
        if open_reply.call.stream:
            framer = inbound.dialect.framer(open_reply.call)
            body = await frames(reply, framer, self.recorder, reservation)
            return Answer(status=200, body=body, exchange=exchange, media_type=framer.media_type)
        whole = await document(reply, inbound.dialect, self.recorder)
        reservation.settle(exchange)
        return Answer(status=200, body=whole, exchange=exchange)

    async def _kept(self, inbound: Inbound, exchange: Exchange) -> Answer:
        principal = await self._authenticated(inbound, exchange)
        kept = self.conversations
        operation = kept.delete if inbound.operation == DELETE else kept.retrieve
        body = await operation(principal, inbound.reply_id)
        exchange.target = inbound.reply_id
        await self.recorder.served(exchange)
        return Answer(status=200, body=body, exchange=exchange)

    async def _refuse(self, inbound: Inbound, exchange: Exchange, error: SekishoError) -> Answer:
        error = await self.recorder.failed(exchange, error)
        body = inbound.dialect.error(error, exchange.request_id)
        return Answer(status=error.status, body=body, exchange=exchange, error=error)
