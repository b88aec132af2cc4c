"""The composition root: settings become objects, objects become two ASGI applications and a lifespan.

The only place that constructs clients. Everything starts here in one order and stops in the reverse one.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

import structlog
from fastapi import FastAPI

from gateway.audit.log import AuditLog
from gateway.audit.sqlite import SqliteStore
from gateway.audit.store import sqlite_path
from gateway.detect.base import Detector
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

_ORIGIN = "sekisho/0"
"""Names this process's log; with several processes each would have its own."""


class _Part(Protocol):
    """What is started and stopped with the gateway."""

    async def start(self) -> None: ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """One gateway process, built and not yet started."""

    settings: Settings
    pipeline: Pipeline
    metrics: Metrics
    detector: Detector
    engine: Engine
    audit: AuditLog
    upstreams: Mapping[str, OpenAIUpstream]

    def public(self) -> FastAPI:
        """The application of the public port."""
        return public_app(self.pipeline, OpenAIChat(), self.settings.limits, self.ready)

    def admin(self) -> FastAPI:
        """The application of the admin port."""
        return admin_app(self.metrics, self.health)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Start every part, and stop them again: the audit log first to come and last to go."""
        async with AsyncExitStack() as stack:
            await self.audit.start()
            stack.push_async_callback(self.audit.close)
            stack.push_async_callback(self.pipeline.recorder.drain)
            parts: list[_Part] = [self.engine, self.detector, *self.upstreams.values()]
            for part in parts:
                await part.start()
                stack.push_async_callback(part.close)
            yield

    async def health(self) -> Mapping[str, bool]:
        """Which parts can do their work now."""
        audit, policy = await asyncio.gather(self.audit.ready(), self.engine.ready())
        return {"audit": audit, "policy": policy, "detector": self.detector.ready()}

    async def ready(self) -> bool:
        """Whether a request could be served."""
        return all((await self.health()).values())


def compose(
    settings: Settings, environ: Mapping[str, str], *, detector: Detector | None = None
) -> Gateway:
    """Build a gateway.

    Args:
        settings: the validated configuration.
        environ: where API keys and the key ring may be.
        detector: another detector than the configured detector processes.

    Raises:
        ConfigError: the key ring, the policies or a deployment can't be used.
    """
    ring = load_ring(settings.keys, environ)
    build = load_policy(settings.policy.path)
    metrics = Metrics()
    audit = _audit(settings, ring)
    engine = _engine(settings, build)
    upstreams = _upstreams(settings, build)
    detector = detector or ProcessDetector(
        settings.detect.languages, processes=settings.detect.processes
    )
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
    return Gateway(
        settings=settings,
        pipeline=pipeline,
        metrics=metrics,
        detector=detector,
        engine=engine,
        audit=audit,
        upstreams=upstreams,
    )


def _audit(settings: Settings, ring: KeyRing) -> AuditLog:
    store = SqliteStore(sqlite_path(settings.audit.store))
    return AuditLog(
        store, origin=_ORIGIN, ring=ring, checkpoint_seconds=settings.audit.checkpoint_seconds
    )


def _identity(settings: Settings, ring: KeyRing, environ: Mapping[str, str]) -> ApiKeys:
    hash_key = ring.derive("", "credential")
    return ApiKeys(settings.identity.keys, environ=environ, hash_key=hash_key)


def _scanner(settings: Settings, detector: Detector, ring: KeyRing) -> Scanner:
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
