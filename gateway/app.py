"""The composition root: settings become objects, objects become two ASGI applications and a lifespan.

The only place that constructs clients. Everything starts here in one order and stops in the reverse one.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
from fastapi import FastAPI

from gateway.audit.log import AuditLog
from gateway.audit.sqlite import SqliteStore
from gateway.detect.pool import ProcessDetector
from gateway.detect.scanner import Scanner
from gateway.dialects.openai_chat import OpenAIChat
from gateway.edge.admin import admin_app
from gateway.edge.public import public_app
from gateway.identity.api_keys import ApiKeys
from gateway.keys import KeyRing, load_ring
from gateway.pipeline import Pipeline
from gateway.policy.build import Build
from gateway.policy.build import load as load_policy
from gateway.policy.decide import Decider
from gateway.policy.embedded import EmbeddedEngine
from gateway.policy.engine import Engine
from gateway.policy.hosts import covered
from gateway.policy.opa import OpaEngine
from gateway.quota.concurrency import Concurrency
from gateway.recorder import Recorder
from gateway.redact.wire import check as wire_check
from gateway.routing.catalogue import Catalogue
from gateway.settings import Settings
from gateway.telemetry.metrics import Metrics
from gateway.upstream.http import OpenAIUpstream


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """One gateway process, built and not yet started."""

    settings: Settings
    pipeline: Pipeline
    public: FastAPI
    admin: FastAPI
    detector: ProcessDetector
    engine: Engine
    audit: AuditLog
    upstreams: Mapping[str, OpenAIUpstream]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Start every part, and stop them again: the audit log first to come and last to go."""
        async with AsyncExitStack() as stack:
            await self.audit.start()
            stack.push_async_callback(self.audit.close)
            stack.push_async_callback(self.pipeline.recorder.drain)
            await self.engine.start()
            stack.push_async_callback(self.engine.close)
            await self.detector.start()
            stack.push_async_callback(self.detector.close)
            for upstream in self.upstreams.values():
                await upstream.start()
                stack.push_async_callback(upstream.close)
            yield

    async def health(self) -> dict[str, bool]:
        """Which parts can do their work now."""
        audit, policy = await asyncio.gather(self.audit.ready(), self.engine.ready())
        return {"audit": audit, "policy": policy, "detector": self.detector.ready()}

    async def ready(self) -> bool:
        """Whether a request could be served."""
        return all((await self.health()).values())


def compose(settings: Settings, environ: Mapping[str, str]) -> Gateway:
    """Build a gateway.

    Raises:
        ConfigError: the key ring or the policies can't be read; every fault at once.
    """
    ring = load_ring(settings.keys, environ)
    build = load_policy(settings.policy.path)
    metrics = Metrics()
    audit = AuditLog(
        SqliteStore(_sqlite_path(settings.audit.store)),
        origin="sekisho/0",
        ring=ring,
        checkpoint_seconds=settings.audit.checkpoint_seconds,
    )
    detector = ProcessDetector(
        languages=settings.detect.languages, processes=settings.detect.processes
    )
    engine = _engine(settings, build)
    upstreams = _upstreams(settings, build)
    pipeline = Pipeline(
        identity=_identity(settings, ring, environ),
        quota=Concurrency(settings.limits.concurrent_requests),
        scanner=_scanner(settings, detector, ring),
        build=build,
        decider=Decider(build, engine),
        catalogue=Catalogue(settings),
        ring=ring,
        upstreams=upstreams,
        recorder=Recorder(audit, metrics, structlog.get_logger()),
    )
    holder: list[Gateway] = []

    async def ready() -> bool:
        return await holder[0].ready()

    async def health() -> Mapping[str, bool]:
        return await holder[0].health()

    gateway = Gateway(
        settings=settings,
        pipeline=pipeline,
        public=public_app(pipeline, OpenAIChat(), settings.limits, ready),
        admin=admin_app(metrics, health),
        detector=detector,
        engine=engine,
        audit=audit,
        upstreams=upstreams,
    )
    holder.append(gateway)
    return gateway


def _identity(settings: Settings, ring: KeyRing, environ: Mapping[str, str]) -> ApiKeys:
    hash_key = ring.derive("", "credential")
    return ApiKeys(settings.identity.keys, environ=environ, hash_key=hash_key)


def _scanner(settings: Settings, detector: ProcessDetector, ring: KeyRing) -> Scanner:
    return Scanner(
        detector,
        languages=settings.detect.languages,
        deadline_ms=settings.detect.deadline_ms,
        cache_entries=settings.detect.cache_entries,
        cache_key=lambda tenant: ring.derive(tenant, "span-cache"),
    )


def _engine(settings: Settings, build: Build) -> Engine:
    if settings.policy.opa is None:
        return EmbeddedEngine(build)
    return OpaEngine(settings.policy.opa, build)


def _upstreams(settings: Settings, build: Build) -> dict[str, OpenAIUpstream]:
    denied = build.denied_hosts()

    def refused(host: str) -> bool:
        return covered(host, denied)

    return {
        name: OpenAIUpstream(name, deployment, wire_check=wire_check, refused_host=refused)
        for name, deployment in settings.deployments.items()
    }


def _sqlite_path(store: str) -> Path:
    return Path(store.removeprefix("sqlite:///"))
