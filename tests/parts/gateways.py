"""A complete gateway on a loopback port, in this process, without replaced parts."""

import asyncio
import functools
import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import openai
from fastapi import FastAPI

from gateway.app import Gateway, compose
from gateway.audit.search import Query, search
from gateway.cli.serve import server
from gateway.detect.base import Detector
from gateway.detect.workers.inprocess import InProcessDetector
from gateway.edge.connection import OnClose
from gateway.keys import KeyRing
from gateway.policy.compile.build import build
from gateway.policy.compile.bundle import pack
from gateway.settings.root import Settings
from gateway.settings.server import Limits, Listen
from tests.parts.configuration import document
from tests.parts.opa import ROOT

DEFAULT_LIMITS = Limits.model_validate({})
KEY = "sk-sekisho-test-0123456789abcdef"


@dataclass(frozen=True, kw_only=True)
class Served:
    """A gateway that listens, and what a client needs to reach it."""

    gateway: Gateway
    url: str
    folder: Path

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"

    @property
    def store(self) -> Path:
        return self.folder / "audit.db"

    def client(self, **options: Any) -> openai.AsyncOpenAI:
        """The real SDK, pointed at the gateway."""
        return openai.AsyncOpenAI(
            base_url=self.base_url, **{"api_key": KEY, "max_retries": 0, **options}
        )

    def records(self, **query: Any) -> list[dict[str, Any]]:
        """What the audit log holds, oldest first."""
        return search(self.store, Query(**query))[::-1]


class _Shared(InProcessDetector):
    """Outlives the gateways that use it."""

    async def start(self) -> None:
        if not self.ready():
            await super().start()

    async def close(self) -> None: ...


@functools.cache
def detector() -> Detector:
    """One detector for all tests that do not need processes: loading its models takes seconds."""
    return _Shared(("en", "ja"))


def prepared(folder: Path, **changes: Any) -> Settings:
    """Settings whose files exist in ``folder``."""
    ring = folder / "ring.json"
    if not ring.exists():
        ring.touch(mode=0o600)
        ring.write_text(KeyRing.new().dump())
    changes.setdefault("policy", {"path": str(bundle(folder))})
    return Settings.model_validate(document(folder=str(folder), **changes))


@asynccontextmanager
async def serving(
    folder: Path,
    *,
    own_detector: bool = False,
    environ: Mapping[str, str] | None = None,
    **changes: Any,
) -> AsyncIterator[Served]:
    """A running gateway; ``changes`` are those of ``configuration.document``, ``environ`` holds further keys."""
    settings = prepared(folder, **changes)
    chosen = None if own_detector else detector()
    gateway = compose(settings, {"SEKISHO_TEST_KEY": KEY, **(environ or {})}, detector=chosen)
    async with gateway.running(), listening(gateway) as url:
        yield Served(gateway=gateway, url=url, folder=folder)


@asynccontextmanager
async def listening(gateway: Gateway) -> AsyncIterator[str]:
    closed = gateway.pipeline.recorder.connection_closed
    settings = gateway.settings
    async with hosting(gateway.public(), settings.listen, settings.limits, closed) as url:
        yield url


@asynccontextmanager
async def hosting(
    app: FastAPI,
    listen: Listen,
    limits: Limits = DEFAULT_LIMITS,
    on_close: OnClose = lambda reason: None,
) -> AsyncIterator[str]:
    """One port, served as ``sekisho serve`` does, wherever there is room."""
    hosted = server(app, listen.model_copy(update={"port": 0}), limits, on_close)
    hosted.config.timeout_graceful_shutdown = 5
    task = asyncio.ensure_future(hosted.serve())
    while not hosted.started:
        await asyncio.sleep(0.01)
    port = hosted.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"{'https' if listen.tls else 'http'}://127.0.0.1:{port}"
    finally:
        hosted.stop()
        await task


def bundle(folder: Path) -> Path:
    """The shipped policies as a bundle in ``folder``."""
    path = folder / "bundle.tar.gz"
    path.write_bytes(_shipped())
    return path


@functools.cache
def _shipped() -> bytes:
    """Built once: reading the folder takes longer than all else that a gateway does to start."""
    return pack(build(ROOT / "policies"))


@contextmanager
def locked_store(served: Served) -> Iterator[None]:
    """The audit store can't be written: another process holds its write lock, as a stuck backup would."""
    holder = sqlite3.connect(served.store, isolation_level=None)
    try:
        holder.execute("BEGIN IMMEDIATE")
        yield
    finally:
        holder.close()


async def post(served: Served, path: str, body: Any) -> tuple[int, bytes]:
    """The status and the body of the answer to a caller with the key."""
    async with (
        aiohttp.ClientSession(headers={"authorization": f"Bearer {KEY}"}) as session,
        session.post(served.url + path, json=body) as reply,
    ):
        return reply.status, await reply.read()
