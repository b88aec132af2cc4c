"""Each background task of a running gateway fails while requests run: health reports it, and the task recovers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from gateway import timeouts
from gateway.background import BackgroundTask, TaskHealth
from gateway.policy.compile.build import revision
from tests.parts.configuration import deployment
from tests.parts.echoes import says
from tests.parts.gateways import Served, bundle, hosting, serving
from tests.parts.issuer import AUDIENCE, ScriptedIssuer
from tests.parts.processes import fork_servers, workers
from tests.parts.records import RecordSigner
from tests.parts.redis import RedisServer
from tests.parts.scripted import ScriptedUpstream

MODEL = "deepseek-r1"
QUOTA = {"name": "pace", "count": "requests", "limit": 10_000, "window_seconds": 60, "per": ["key"]}
LOOPS = (
    "detector 1",
    "issuer",
    "policy candidate",
    "policy live",
    "probe r1-a",
    "provenance r1-a",
    "revocations",
    "state",
)
"""Every loop of one gateway process; the address of the issuer is left out."""
FAULTS = (KeyError("of a library"), asyncio.CancelledError())


@asynccontextmanager
async def gateway(folder: Path, **changes: Any) -> AsyncIterator[tuple[Served, httpx.AsyncClient]]:
    """A gateway with every kind of background task, and a client of its admin port."""
    record = RecordSigner(folder)
    bound = {**record.bound(record.sign()), "seconds": 0.2}
    async with (
        RedisServer(folder) as redis,
        ScriptedIssuer() as issuer,
        ScriptedUpstream(says("four", streamed=False)) as upstream,
        serving(
            folder,
            deployments={
                "r1-a": deployment(
                    upstream.base_url,
                    provenance=bound,
                    probe={"seconds": 0.2, "path": "/", "failures": 1000},
                )
            },
            policy={"path": str(bundle(folder)), "candidate": str(bundle(folder))},
            state={"url": redis.url},
            identity={
                "keys": [
                    {"id": "k", "key_env": "SEKISHO_TEST_KEY", "tenant": "acme", "app": "billing"}
                ],
                "oidc": {"issuer": issuer.url, "audience": AUDIENCE, "app_claim": "azp"},
            },
            quotas=[QUOTA],
            **changes,
        ) as served,
        hosting(served.gateway.admin(), served.gateway.settings.admin) as admin,
        httpx.AsyncClient(base_url=admin) as client,
    ):
        yield served, client


async def ask(served: Served) -> None:
    async with served.client() as client:
        messages: Any = [{"role": "user", "content": "2 and 2?"}]
        reply = await client.chat.completions.create(model=MODEL, messages=messages)
        assert reply.choices[0].message.content == "four"


@asynccontextmanager
async def load(served: Served, *, spared: tuple[type[Exception], ...] = ()) -> AsyncIterator[None]:
    """Requests, one after the other, all of them served except for the ``spared`` failures."""
    served_requests, over = 0, False

    async def run() -> None:
        nonlocal served_requests
        while not over:
            with suppress(*spared):
                await ask(served)
                served_requests += 1

    running = asyncio.ensure_future(run())
    try:
        yield
    finally:
        over = True
        await running
    assert served_requests


def started(served: Served, name: str) -> BackgroundTask:
    running = served.gateway.background.running
    (task,) = [task for known, task in running.items() if known.split(" http")[0] == name]
    assert isinstance(task, BackgroundTask)
    return task


async def health(admin: httpx.AsyncClient, name: str) -> TaskHealth | None:
    page = (await admin.get("/health")).json()
    found: TaskHealth | None = page["background"]["tasks"].get(name)
    assert page["background"]["healthy"] is all(
        task["healthy"] for task in page["background"]["tasks"].values()
    )
    return found


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await true():
            await asyncio.sleep(0.02)


async def until_it_is(admin: httpx.AsyncClient, name: str, *, healthy: bool) -> TaskHealth:
    """Wait until health reports the task as such; ``/readyz`` and ``ready`` never depend on it."""

    async def true() -> bool:
        found = await health(admin, name)
        return found is not None and found["healthy"] is healthy

    await until(true)
    found = await health(admin, name)
    assert found is not None
    return found


async def test_health_lists_every_loop(tmp_path: Path) -> None:
    async with gateway(tmp_path, own_detector=True, detect={"processes": 1}) as (served, _):
        loops = {
            name.split(" http")[0]
            for name, task in served.gateway.background.running.items()
            if isinstance(task, BackgroundTask)
        }
        assert loops == set(LOOPS)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
@pytest.mark.parametrize("name", LOOPS)
async def test_B40_a_failed_loop_is_reported_and_recovers_while_requests_are_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, fault: BaseException
) -> None:
    monkeypatch.setattr(timeouts, "BACKGROUND_MIN_BACKOFF", 0.02)
    monkeypatch.setattr(timeouts, "BACKGROUND_MAX_BACKOFF", 0.1)
    detector = name.startswith("detector")
    # The other detector process serves meanwhile; the request of the killed one is refused, as always.
    own = {"own_detector": True, "detect": {"processes": 2}} if detector else {}
    async with gateway(tmp_path, **own) as (served, admin):
        task, broken = started(served, name), True
        step = task._step

        async def failing() -> object:
            if broken:
                raise fault
            return await step()

        async with load(served, spared=(openai.InternalServerError,) if detector else ()):
            monkeypatch.setattr(task, "_step", failing)
            task.trigger()
            if detector:
                for worker in workers():
                    worker.kill()
            found = await until_it_is(admin, task.name, healthy=False)
            assert found["error"] == type(fault).__name__
            assert (await admin.get("/metrics")).text.count(
                f'sekisho_background_failing{{task="{task.name}"}} 1.0'
            ) == 1
            await ask(served)
            broken = False
            assert await until_it_is(admin, task.name, healthy=True) == {
                "healthy": True,
                "failures": 0,
                "error": "",
            }
        metrics = (await admin.get("/metrics")).text
        assert f'sekisho_background_failing{{task="{task.name}"}} 0.0' in metrics
        await ask(served)


async def fail(*_: object) -> None:
    raise KeyError("of a library")


async def break_settlements(served: Served, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(served.gateway.state, "settle", fail)
    await ask(served)


async def mend_settlements(served: Served) -> None:
    await ask(served)


async def break_retired(served: Served, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(served.gateway.pipeline.policy.current.engine, "close", fail)
    await swap(served, "a")


async def mend_retired(served: Served) -> None:
    await swap(served, "b")


async def swap(served: Served, name: str) -> None:
    policy = served.gateway.pipeline.policy
    built = policy.current.build
    data = {key: value for key, value in built.data.items() if key != "sekisho_revision"}
    await policy.swap(revision({**built.modules, f"{name}.rego": f"package {name}\n"}, data))


async def break_fork_server(served: Served, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(served.gateway.detector._server, "_running_server", fail)  # type: ignore[attr-defined]
    kill_fork_server()


async def mend_fork_server(served: Served) -> None:
    # The next fork starts a server; waiting for the end of that one is the next job.
    (await served.gateway.detector._server.fork()).end()  # type: ignore[attr-defined]
    kill_fork_server()


def kill_fork_server() -> None:
    for server in fork_servers():
        server.kill()


JOBS = {
    "settlements": (break_settlements, mend_settlements),
    "retired policies": (break_retired, mend_retired),
    "detector fork server": (break_fork_server, mend_fork_server),
}


@pytest.mark.parametrize("name", JOBS)
async def test_B40_a_job_that_fails_is_reported_and_the_next_one_succeeds(
    tmp_path: Path, name: str
) -> None:
    begin, mend = JOBS[name]
    own = {"own_detector": True, "detect": {"processes": 1}} if "detector" in name else {}
    async with gateway(tmp_path, **own) as (served, admin):
        with pytest.MonkeyPatch.context() as patch:
            await begin(served, patch)
            found = await until_it_is(admin, name, healthy=False)
            assert found["error"] == "KeyError"
            if "detector" not in name:
                await ask(served)
        await mend(served)
        await until_it_is(admin, name, healthy=True)
