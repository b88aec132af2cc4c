"""The request pipeline: every stage, in order. Nothing else knows the order.

A stage is a function from one frozen type to the next; what it returns is put into the ``Exchange`` here. The decision
comes before masking, since what is masked depends on where the call goes; each attempt is masked, cleared and recorded
again; the record is durable before the first upstream byte.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol

from gateway.audit.recorder import Recorder
from gateway.bias.results import BiasResults
from gateway.detect.scan.lists import DetectionLists
from gateway.detect.scan.scanner import Scanner
from gateway.dialects.base import Dialect
from gateway.dialects.responses.conversations import DELETE, Conversations
from gateway.errors import LimitExceeded, SekishoError, UpstreamError
from gateway.exchange import Attempt, Exchange, FactsDocument, Outcome, QuotaUse, Trial
from gateway.identity.authenticator import Authenticator
from gateway.inbound import Answer, Disconnected, Inbound
from gateway.keys import KeyRing
from gateway.policy.decide.facts import canonical, declared_purpose
from gateway.policy.decide.live import LivePolicy
from gateway.policy.decide.permit import Cleared, clear
from gateway.policy.decide.refusal import refusal
from gateway.policy.lab.trial import trial
from gateway.provenance.status import Provenance
from gateway.quota.estimate import capped
from gateway.quota.meter import reply_meter
from gateway.quota.quotas import Quotas, Reservation, Sizes
from gateway.redact.mask import mask
from gateway.redact.vault import RequestVault
from gateway.request_facts import FactSources, ScannedRequest
from gateway.respond import OpenReply, Reply, document, frames
from gateway.routing.catalogue import Catalogue, ModelEntry
from gateway.routing.router import Router
from gateway.text.segment_texts import SegmentTexts
from gateway.threads import TextThreads
from gateway.types import Call, Decision, Deployment, Event, Principal, Scan

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
    """A client of one deployment; see ``upstream/``."""

    def send(self, cleared: Cleared) -> AsyncGenerator[Sequence[Event], None]:
        """The reply's events, in the batches in which they arrive. Closing the generator cancels the call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExaminedRequest:
    """A request that was scanned and decided on, with nothing sent."""

    entry: ModelEntry
    deployments: tuple[Deployment, ...]
    """Those of the model, then those that the application's row reroutes to."""
    scan: Scan
    texts: SegmentTexts
    lists: DetectionLists
    """The detection lists of the revision that decided."""
    facts: bytes = field(repr=False)
    """The canonical facts that were decided on."""
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
    """Policies that are evaluated for comparison, without effect."""
    catalogue: Catalogue
    provenance: Provenance
    bias: BiasResults
    """The bias scores of deployments."""
    router: Router
    ring: KeyRing
    upstreams: Mapping[str, Upstream]
    recorder: Recorder
    conversations: Conversations
    threads: TextThreads
    """For work on large texts."""

    async def serve(self, inbound: Inbound) -> Answer:
        """Serve one request; whatever goes wrong becomes a recorded refusal."""
        return await self._recorded(inbound, self._handle)

    async def stored_reply(self, inbound: Inbound) -> Answer:
        """Return or delete the stored reply in the path; the operation is recorded, and so is a refusal."""
        return await self._recorded(inbound, self._stored_reply)

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
        except (asyncio.CancelledError, Disconnected):
            self.recorder.disconnected(exchange)
            raise
        except Exception as error:  # noqa: BLE001  # the stage boundary: an unknown fault denies
            return await self._refuse(inbound, exchange, self.recorder.fault(error))

    async def models(self, inbound: Inbound) -> Answer:
        """The models that callers may request. The list is counted and not recorded; a refusal is as any other."""
        return await self._recorded(inbound, self._models)

    async def _models(self, inbound: Inbound, exchange: Exchange) -> Answer:
        exchange.principal = await self.identity.authenticate(inbound.headers, inbound.peer)
        body = inbound.dialect.models(self.catalogue.models())
        self.recorder.observe(exchange, Outcome(kind="served", status=200))
        return Answer(status=200, body=body, exchange=exchange)

    async def examine(self, principal: Principal, call: Call) -> ExaminedRequest:
        """Scan and decide, with nothing sent and nothing recorded: the dry run.

        Raises:
            ModelNotFound, DetectorUnavailable, PolicyUnavailable: from the stages.
        """
        exchange = Exchange(
            request_id="", started=time.time(), dialect=call.dialect, operation=call.operation
        )
        return await self._examine(principal, call, exchange)

    async def _examine(
        self, principal: Principal, call: Call, exchange: Exchange
    ) -> ExaminedRequest:
        entry = self.catalogue.resolve(call.model)
        exchange.model, texts = call.model, SegmentTexts(call.segments)
        with self.policy.use() as policy:
            lists = self.scanner.lists(policy.build.data["detection"])
            scan = await self.scanner.scan(call, principal.tenant, principal.app, lists, texts)
            exchange.scan = scan
            scanned = ScannedRequest(
                principal=principal,
                call=call,
                entry=entry,
                harvest=exchange.quota.harvest,
                scan=scan,
                now=datetime.now(UTC),
            )
            rerouted = self._sources.rerouted(scanned, policy.build)
            known = self._sources.facts(scanned, rerouted, policy.build)
            facts = FactsDocument(canonical=canonical(known), purpose=known.purpose)
            exchange.facts = facts
            exchange.decision = decision = await policy.decider.decide(known)
        exchange.trial = await self._try_candidate(scanned, decision)
        return ExaminedRequest(
            entry=entry,
            deployments=(*entry.deployments, *rerouted),
            scan=scan,
            texts=texts,
            lists=lists,
            facts=facts.canonical,
            decision=decision,
        )

    async def _try_candidate(self, scanned: ScannedRequest, decision: Decision) -> Trial | None:
        if self.candidate is None:
            return None
        with self.candidate.use() as policy:
            rerouted = self._sources.rerouted(scanned, policy.build)
            return await trial(
                policy, self._sources.facts(scanned, rerouted, policy.build), decision
            )

    @property
    def _sources(self) -> FactSources:
        return FactSources(catalogue=self.catalogue, provenance=self.provenance, bias=self.bias)

    def clear(
        self,
        dialect: Dialect,
        call: Call,
        examined: ExaminedRequest,
        tenant: str,
        deployment: Deployment,
    ) -> Cleared:
        """Mask a call for one deployment, and get the permission to send it there.

        Raises:
            PolicyError: the decision does not permit this deployment, or a value can't be replaced.
        """
        decision = examined.decision
        key_id = self.ring.active_id
        key = self.ring.derive(tenant, "placeholder", key_id)
        vault = RequestVault(key, key_id, examined.texts.request_text)
        verdict = decision.candidates[deployment.name]
        masking = mask(call, examined.scan, verdict.treatment, vault, examined.texts.texts)
        rebuilt = dialect.rebuild(call, masking.replacements, masking.redactions)
        masked = capped(rebuilt, examined.output_tokens)
        masked = replace(masked, characters=examined.texts.size)
        return clear(call=masked, vault=vault, decision=decision, deployment=deployment)

    async def _authenticated(self, inbound: Inbound, exchange: Exchange) -> Principal:
        """The caller, recorded before its end user is known: a refused user is a refusal of a known caller."""
        principal = await self.identity.authenticate(inbound.headers, inbound.peer)
        exchange.principal = principal
        exchange.principal = principal = await self.identity.on_behalf(principal, inbound.headers)
        return principal

    async def _handle(self, inbound: Inbound, exchange: Exchange) -> Answer:
        principal = await self._authenticated(inbound, exchange)
        call = await self._parse(inbound, principal, exchange)
        reservation = await self._reserve(principal, call, exchange)
        try:
            examined = await self._examine(principal, call, exchange)
            if not examined.decision.allow:
                raise refusal(examined.decision)
            examined = replace(examined, output_tokens=reservation.output_tokens)
            open_reply = await self._open(inbound.dialect, principal, call, examined, exchange)
            return await self._respond(inbound, open_reply, exchange, reservation)
        except BaseException:
            reservation.settle(exchange)
            raise

    async def _parse(self, inbound: Inbound, principal: Principal, exchange: Exchange) -> Call:
        body = await inbound.body()
        call = await self.threads.run(
            len(body), lambda: inbound.dialect.parse(body, inbound.operation, inbound.model)
        )
        call = await self.conversations.with_history(principal, call)
        exchange.target = call.reply_id
        declared = declared_purpose(inbound.headers, call.purpose)
        exchange.call = call = replace(call, purpose=declared)
        return call

    async def _reserve(self, principal: Principal, call: Call, exchange: Exchange) -> Reservation:
        sizes = self._sizes(call)
        try:
            reservation = await self.quota.reserve(principal, call, sizes, exchange.request_id)
        except LimitExceeded as error:
            exchange.quota = QuotaUse(statuses=error.statuses)
            raise
        exchange.quota = reservation.use
        return reservation

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
        """Try the permitted deployments, best first, until one begins to reply."""
        plan = self.router.plan(
            examined.decision, examined.entry, examined.deployments, call, principal.tenant
        )
        while True:
            deployment, lease = await plan.take()
            try:
                with lease:
                    cleared = await self._clear(dialect, call, examined, principal, deployment)
                    attempt = await self._attempt(cleared, exchange)
                    events = self.upstreams[deployment.name].send(cleared)
                    first = await self._first(events, attempt, exchange)
                    lease.answered()
                    return OpenReply(
                        first=first,
                        rest=events,
                        lease=lease,
                        principal=principal,
                        call=call,
                        cleared=cleared,
                        meter=reply_meter(call, examined.output_tokens),
                        collector=self.conversations.collector(principal, call),
                        texts=examined.texts,
                        lists=examined.lists,
                    )
            except UpstreamError as error:
                if not plan.should_retry(error):
                    raise
                await self.recorder.attempt_failed(exchange, error)

    async def _clear(
        self,
        dialect: Dialect,
        call: Call,
        examined: ExaminedRequest,
        principal: Principal,
        deployment: Deployment,
    ) -> Cleared:
        return await self.threads.run(
            examined.texts.size,
            lambda: self.clear(dialect, call, examined, principal.tenant, deployment),
        )

    async def _attempt(self, cleared: Cleared, exchange: Exchange) -> Attempt:
        """Record that ``cleared`` is about to be sent."""
        previous = exchange.attempt
        exchange.attempt = attempt = Attempt(
            number=previous.number + 1 if previous else 1,
            deployment=cleared.deployment,
            redactions=cleared.call.redactions,
            placeholder_key_id=self.ring.active_id,
            upstream_seconds=previous.upstream_seconds if previous else 0.0,
        )
        await self.recorder.attempt(exchange)
        return attempt

    async def _first(
        self, events: AsyncGenerator[Sequence[Event], None], attempt: Attempt, exchange: Exchange
    ) -> Sequence[Event]:
        """The first events; nothing is sent before they are awaited."""
        sent, began = True, time.perf_counter()
        try:
            return await anext(events)
        except SekishoError:
            sent = False
            await events.aclose()
            raise
        except BaseException:
            # A caller that left, or a fault: the model server may be working, so its tokens are settled.
            await events.aclose()
            raise
        finally:
            waited = attempt.upstream_seconds + time.perf_counter() - began
            exchange.attempt = replace(attempt, sent=sent, upstream_seconds=waited)

    async def _respond(
        self,
        inbound: Inbound,
        open_reply: OpenReply,
        exchange: Exchange,
        reservation: Reservation,
    ) -> Answer:
        reply = Reply(open_reply, self.scanner, inbound.dialect)
        try:
            return await self._deliver(inbound, reply, exchange, reservation)
        except BaseException:
            # Nothing else ends the call and releases the slot of a reply whose reading never began.
            await reply.close()
            raise

    async def _deliver(
        self, inbound: Inbound, reply: Reply, exchange: Exchange, reservation: Reservation
    ) -> Answer:
        if reply.call.stream:
            framer = inbound.dialect.framer(reply.call)
            body = await frames(reply, exchange, framer, self.recorder, reservation)
            return Answer(status=200, body=body, exchange=exchange, media_type=framer.media_type)
        whole = await document(reply, exchange, inbound.dialect, self.recorder)
        reservation.settle(exchange)
        return Answer(status=200, body=whole, exchange=exchange)

    async def _stored_reply(self, inbound: Inbound, exchange: Exchange) -> Answer:
        principal = await self._authenticated(inbound, exchange)
        stored = self.conversations
        operation = stored.delete if inbound.operation == DELETE else stored.retrieve
        body = await operation(principal, inbound.reply_id)
        exchange.target = inbound.reply_id
        await self.recorder.served(exchange)
        return Answer(status=200, body=body, exchange=exchange)

    async def _refuse(self, inbound: Inbound, exchange: Exchange, error: SekishoError) -> Answer:
        error = await self.recorder.failed(exchange, error)
        body = inbound.dialect.error(error, exchange.request_id)
        return Answer(status=error.status, body=body, exchange=exchange, error=error)
