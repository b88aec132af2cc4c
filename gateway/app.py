"""The composition root: settings become objects, objects become two ASGI applications and a lifespan.

The only place that constructs clients. Everything starts here in one order and stops in the reverse one.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

import structlog
from fastapi import FastAPI

from gateway import timeouts
from gateway.audit.log import AuditLog
from gateway.audit.recorder import Recorder
from gateway.audit.sqlite import SqliteStore
from gateway.audit.store import sqlite_path, worker_path
from gateway.background import Background, Close, NotClosed, TaskHealth, close_in_time
from gateway.bias.results import BiasResults
from gateway.detect.base import Detector
from gateway.detect.scan.scanner import Scanner
from gateway.detect.workers.pool import ProcessDetector
from gateway.dialects.outgoing.formats import outgoing_texts
from gateway.dialects.responses.conversations import Conversations
from gateway.edge.admin import admin_app
from gateway.edge.admin_api import AdminApi
from gateway.edge.admin_operations import AdminOperations
from gateway.edge.public import public_app
from gateway.errors import ConfigError
from gateway.identity.compose import authenticator
from gateway.keys import KeyRing, load_ring
from gateway.pipeline import Pipeline
from gateway.policy.decide.compose import (
    candidate_policy,
    live_policy,
    policy_verifier,
    refreshers,
)
from gateway.policy.decide.hosts import require_allowed
from gateway.policy.decide.live import LivePolicy
from gateway.policy.decide.refresh import Refresher
from gateway.provenance.monitor import ProvenanceMonitor
from gateway.provenance.status import Provenance, ProvenanceStatus
from gateway.quota.concurrency import Concurrency
from gateway.quota.counters import QuotaCounters
from gateway.quota.harvest import HarvestGuard
from gateway.quota.quotas import Quotas
from gateway.redact.wire_check import check
from gateway.routing.catalogue import Catalogue
from gateway.routing.prober import Prober
from gateway.routing.router import Deployments, Router
from gateway.settings.deployments import DeploymentSettings, Probe
from gateway.settings.root import Settings
from gateway.state.base import State
from gateway.state.stores import open_state
from gateway.state.vault import StoredVault
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.policy_reporter import PolicyReporter
from gateway.telemetry.provenance_reporter import ProvenanceReporter
from gateway.threads import TextThreads
from gateway.types import Json, Vault, WireFormat
from gateway.upstream.http import HttpUpstream
from gateway.upstream.litellm.adapter import LitellmAdapter
from gateway.upstream.litellm.library import fault as litellm_fault
from gateway.upstream.protocol.observer import DeploymentObserver
from gateway.upstream.protocol.openai import OpenAIAdapter
from gateway.upstream.transport.connector import ServerKeyCheck

_PROVENANCE_RULE = "provenance"
"""The policy rule about signed records: its reasons refuse a server whose key the record does not name."""
_ORIGIN = "sekisho"
"""The first part of the name of each process's log; the worker's number follows."""


class _Component(Protocol):
    """What is started and stopped with the gateway."""

    async def start(self) -> None: ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """One gateway process, built and not yet started."""

    settings: Settings
    pipeline: Pipeline
    metrics: Metrics
    background: Background
    detector: Detector
    refreshers: tuple[Refresher, ...]
    audit: AuditLog
    state: State
    counters: QuotaCounters
    upstreams: Mapping[str, HttpUpstream]
    prober: Prober
    provenance_monitor: ProvenanceMonitor

    def public(self) -> FastAPI:
        """The application of the public port."""
        return public_app(self.pipeline, self.settings.limits, self.ready)

    def admin(self) -> FastAPI:
        """The application of the admin port."""
        return admin_app(self.metrics, self.health, self.background_health, self.admin_api())

    def admin_api(
        self,
        reload: Callable[[], None] | None = None,
        deployments: Deployments | None = None,
    ) -> AdminApi:
        """The admin API over the parts of this gateway.

        Args:
            reload: checks for newer policies; by default in this process alone.
            deployments: the deployments of all workers, where there are several.
        """
        pipeline, settings = self.pipeline, self.settings
        operations = AdminOperations(
            store=sqlite_path(settings.audit.store),
            identity=settings.identity,
            ring=pipeline.ring,
            state=self.state,
            policy=pipeline.policy,
            candidate=pipeline.candidate,
            deployments=deployments or pipeline.router,
            refresh=reload or self.refresh_policy,
        )
        return AdminApi(pipeline.identity, pipeline.recorder, settings.limits, operations.table())

    def running(self) -> AbstractAsyncContextManager[None]:
        """Start every part, and stop them in the reverse order: the audit log starts first and stops last.

        Raises:
            NotClosed: on leaving, where a part did not stop; the others have.
        """
        serving: dict[str, _Component] = {
            "quotas": self.counters,
            "detector": self.detector,
            **{f"upstream {name}": upstream for name, upstream in self.upstreams.items()},
            "provenance": self.provenance_monitor,
            "probes": self.prober,
        }
        return self._started({**self._shared_components(), **serving})

    def supervising(self) -> AbstractAsyncContextManager[None]:
        """Start what the supervisor of workers needs, which serves no calls itself."""
        return self._started(self._shared_components())

    def _shared_components(self) -> dict[str, _Component]:
        candidate = self.pipeline.candidate
        return {
            "state": self.state,
            "identity": self.pipeline.identity,
            "policy live": self.pipeline.policy,
            **({} if candidate is None else {"policy candidate": candidate}),
            **{f"refresher {one.role}": one for one in self.refreshers},
        }

    @asynccontextmanager
    async def _started(self, parts: Mapping[str, _Component]) -> AsyncIterator[None]:
        unclosed: list[str] = []

        async def close(name: str, close_part: Close) -> None:
            if not await close_in_time(name, close_part):
                unclosed.append(name)

        async with AsyncExitStack() as stack:
            await self.audit.start()
            stack.push_async_callback(close, "audit", self.audit.close)
            stack.push_async_callback(close, "recorder", self.pipeline.recorder.drain)
            for name, part in parts.items():
                await part.start()
                stack.push_async_callback(close, name, part.close)
            yield
        if unclosed:
            raise NotClosed(", ".join(unclosed))

    async def health(self) -> Mapping[str, bool]:
        """Whether each part works now."""
        audit, policy, state = await asyncio.gather(
            self.audit.ready(), self.pipeline.policy.ready(), self.state.ready()
        )
        detector = self.detector.ready()
        identity = self.pipeline.identity.ready()
        return {
            "audit": audit,
            "policy": policy,
            "state": state,
            "identity": identity,
            "detector": detector,
        }

    async def background_health(self) -> Mapping[str, TaskHealth]:
        """Each background task. A failing one refuses no request: :meth:`health` reports what requests need."""
        return self.background.health()

    def refresh_policy(self) -> None:
        """Check for newer policies now."""
        for refresher in self.refreshers:
            refresher.trigger()

    async def ready(self) -> bool:
        """Whether requests can be served: without the shared state only for a limited time."""
        parts = dict(await self.health())
        parts["state"] = self.pipeline.quota.ready(shared=parts["state"])
        return all(parts.values())


def compose(
    settings: Settings,
    environ: Mapping[str, str],
    *,
    detector: Detector | None = None,
    worker: int = 0,
) -> Gateway:
    """Build a gateway.

    Args:
        settings: the validated configuration.
        environ: environment variables, which may hold API keys and the key ring.
        detector: used instead of the configured detector processes.
        worker: number of this process among several, from 1; 0 for a single process, or for the supervisor.

    Raises:
        ConfigError: the key ring, the policies or a deployment can't be used.
    """
    ring = load_ring(settings.keys, environ)
    metrics = Metrics()
    background = Background(metrics)
    audit = _audit(settings, ring, worker)
    verifier = policy_verifier(settings.policy)
    policy = live_policy(settings.policy, verifier, background)
    metrics.policy_swapped("live", policy.current.build.revision)
    candidate = candidate_policy(settings.policy, background)
    provenance = Provenance.of(
        settings.deployments, ProvenanceReporter(metrics, structlog.get_logger())
    )
    threads = TextThreads()
    upstreams = _upstreams(settings, policy, provenance, threads)
    router = Router(settings)
    detector = detector or ProcessDetector(
        settings.detect.languages,
        processes=settings.detect.processes,
        specs=settings.detect.specs(),
        # A job takes a part of its request's time; a process is not killed for less than the default.
        hang_seconds=max(timeouts.DETECTOR_HANG, settings.detect.deadline_ms / 1000),
        wait_seconds=settings.detect.queue_ms / 1000,
        background=background,
        on_wait=metrics.detector_waited,
    )
    state = open_state(settings.state, background)
    counters = QuotaCounters(
        state,
        grace_seconds=settings.state.grace_seconds,
        grace_share=settings.state.grace_share,
        background=background,
    )
    pipeline = Pipeline(
        identity=authenticator(settings, ring, environ, state, background),
        quota=_quotas(settings, ring, counters),
        scanner=Scanner(
            detector,
            settings.detect,
            cache_key=lambda tenant: ring.derive(tenant, "span-cache"),
            on_match=metrics.listed,
            threads=threads,
        ),
        policy=policy,
        candidate=candidate,
        catalogue=Catalogue(settings),
        provenance=provenance,
        bias=BiasResults(settings.deployments, structlog.get_logger()),
        router=router,
        ring=ring,
        upstreams=upstreams,
        recorder=Recorder(audit, metrics, structlog.get_logger()),
        conversations=Conversations(StoredVault(state, ring), settings.state),
        threads=threads,
    )
    return Gateway(
        settings=settings,
        pipeline=pipeline,
        metrics=metrics,
        background=background,
        detector=detector,
        refreshers=refreshers(
            settings.policy,
            policy,
            candidate,
            verifier,
            PolicyReporter(metrics, structlog.get_logger()),
            background,
        ),
        audit=audit,
        state=state,
        counters=counters,
        upstreams=upstreams,
        prober=_prober(settings, router, upstreams, background),
        provenance_monitor=ProvenanceMonitor(
            provenance.statuses, _observers(settings, upstreams), background=background
        ),
    )


def _quotas(settings: Settings, ring: KeyRing, counters: QuotaCounters) -> Quotas:
    deployments = settings.deployments.items()
    guarded = {name: model.harvest for name, model in settings.models.items() if model.harvest}
    return Quotas(
        settings.quotas,
        prices={name: deployment.price for name, deployment in deployments if deployment.price},
        counters=counters,
        concurrency=Concurrency(settings.limits.concurrent_requests),
        harvest=HarvestGuard(guarded, lambda tenant: ring.derive(tenant, "harvest")),
        default_output_tokens=settings.limits.output_tokens,
    )


def _audit(settings: Settings, ring: KeyRing, worker: int) -> AuditLog:
    store = SqliteStore(worker_path(sqlite_path(settings.audit.store), worker))
    origin = f"{_ORIGIN}/{worker}"
    return AuditLog(
        store, origin=origin, ring=ring, checkpoint_seconds=settings.audit.checkpoint_seconds
    )


def wire_check(vault: Vault, document: Json, form: WireFormat) -> None:
    """Refuse a document that is about to be sent if it holds a value of the vault where the caller's text can be.

    Raises:
        RedactionFailed: it holds one.
    """
    check(vault, outgoing_texts(document, form))


def _upstreams(
    settings: Settings, policy: LivePolicy, provenance: Provenance, threads: TextThreads
) -> dict[str, HttpUpstream]:
    return {
        name: HttpUpstream(
            name,
            deployment,
            _adapter(name, deployment, policy),
            wire_check=wire_check,
            host_refusal=policy.host_refusal,
            check_server_key=_pin_check(provenance.statuses.get(name), policy),
            threads=threads,
        )
        for name, deployment in settings.deployments.items()
    }


def _pin_check(status: ProvenanceStatus | None, policy: LivePolicy) -> ServerKeyCheck | None:
    """The reasons that refuse a server whose key is not the one in the deployment's record."""
    if status is None:
        return None
    return lambda pin: None if status.accepts_pin(pin) else policy.reasons(_PROVENANCE_RULE)


def _adapter(
    name: str, deployment: DeploymentSettings, policy: LivePolicy
) -> LitellmAdapter | OpenAIAdapter:
    require_allowed(name, deployment.providers, policy.provider_refusal)
    if deployment.kind == "openai":
        return OpenAIAdapter(deployment, policy.provider_refusal)
    if why := litellm_fault():
        raise ConfigError([f"deployments.{name}: {why}"])
    return LitellmAdapter(deployment)


def _prober(
    settings: Settings,
    router: Router,
    upstreams: Mapping[str, HttpUpstream],
    background: Background,
) -> Prober:
    probes = {name: each.probe for name, each in settings.deployments.items() if each.probe}

    async def ask(name: str, probe: Probe) -> str:
        return await upstreams[name].probe(probe)

    return Prober(router, probes, ask, structlog.get_logger(), background)


def _observers(
    settings: Settings, upstreams: Mapping[str, HttpUpstream]
) -> dict[str, DeploymentObserver]:
    """For deployments of the OpenAI protocol; others report nothing that can be compared."""
    kinds = settings.deployments
    return {name: it.observer() for name, it in upstreams.items() if kinds[name].kind == "openai"}
