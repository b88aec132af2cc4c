"""The shipped policies as a build, and both engines over any build."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from gateway.policy.compile.build import Build, build
from gateway.policy.compile.bundle import write
from gateway.policy.decide.embedded import EmbeddedEngine
from gateway.policy.decide.engine import Engine
from gateway.policy.decide.opa import OpaEngine
from gateway.settings.policy import Opa
from tests.parts.opa import ROOT, OpaServer

POLICIES = ROOT / "policies"
Running = Callable[[Build], AbstractAsyncContextManager[Engine]]


@pytest.fixture(scope="session")
def shipped() -> Build:
    return build(POLICIES)


@pytest.fixture(params=["embedded", "opa"])
def running(request: pytest.FixtureRequest, tmp_path: Path) -> Running:
    """Starts the engine under test over a build."""

    @asynccontextmanager
    async def embedded(built: Build) -> AsyncIterator[Engine]:
        yield EmbeddedEngine(built)

    @asynccontextmanager
    async def opa(built: Build) -> AsyncIterator[Engine]:
        write(built, tmp_path / "bundle.tar.gz")
        async with OpaServer(tmp_path / "bundle.tar.gz") as server:
            engine = OpaEngine(Opa(url=server.url, timeout_ms=2000), built)
            await engine.start()
            try:
                yield engine
            finally:
                await engine.close()

    return embedded if request.param == "embedded" else opa
