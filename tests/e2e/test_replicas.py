"""Three real llama.cpp servers behind the gateway, killed, paused, slowed and flapping under load.

A request that has no first event yet never fails while another permitted replica is healthy; a stream in flight ends with
the documented error; a deployment that policy refuses sees no connection; shares are as configured.
"""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openai
import pytest

from gateway.demo.model import NAME, LocalModel
from tests.parts.configuration import deployment
from tests.parts.gateways import Served, serving
from tests.parts.scripted import Script, ScriptedUpstream

NAMES = ("a", "b", "c")
WIDTH = 4
PLACES = 2
"""What llama.cpp is started with: requests beyond these would wait inside it."""


@dataclass(kw_only=True)
class Ends:
    """How the requests of a load ended."""

    served: int = 0
    cut: Counter[str] = field(default_factory=Counter)
    """Streams that broke after their first event, by error code."""
    refused: list[str] = field(default_factory=list)
    """Requests that failed without a first event."""


@asynccontextmanager
async def replicas() -> AsyncIterator[dict[str, LocalModel]]:
    async with AsyncExitStack() as stack:
        yield {name: await stack.enter_async_context(LocalModel(threads=1)) for name in NAMES}


@asynccontextmanager
async def gateway(
    folder: Path, models: dict[str, LocalModel], denied: str, **changes: dict[str, Any]
) -> AsyncIterator[Served]:
    """The three replicas and a fourth deployment that policy refuses."""
    common = {
        "model": NAME,
        "concurrency": PLACES,
        "timeouts": {"connect": 5, "first_event": 20, "between_events": 20},
        "probe": {"seconds": 1, "timeout": 3},
    }
    places = {
        name: deployment(model.base_url, **{**common, **changes.get(name, {})})
        for name, model in models.items()
    }
    places["denied"] = deployment(denied, operator="deepseek", zone="public-cloud")
    async with serving(
        folder,
        deployments=places,
        models={"deepseek-r1": {"deployments": list(places)}},
        routing={"failures": 2, "pause_seconds": 1, "slow_start_seconds": 1, "queue_seconds": 120},
    ) as served:
        yield served


async def ask(served: Served, number: int, ends: Ends) -> None:
    begun = False
    async with served.client(timeout=300) as client:
        try:
            async with await client.chat.completions.create(
                model="deepseek-r1",
                messages=[{"role": "user", "content": f"Count to {number}"}],
                max_tokens=8,
                stream=True,
            ) as reply:
                begun = True  # a status before the first event is an error's; this one was 200
                async for _ in reply:
                    pass
            ends.served += 1
        except openai.APIError as error:
            if begun:
                ends.cut[str(error.code)] += 1
            else:
                ends.refused.append(str(error.code))


async def load(
    served: Served, requests: int, disturb: Callable[[], Awaitable[None]] | None = None
) -> Ends:
    """``WIDTH`` callers at a time; ``disturb`` runs once a quarter of the requests has ended."""
    ends, numbers = Ends(), iter(range(requests))

    async def caller() -> None:
        for number in numbers:
            if disturb is not None and number == requests // 4:
                await disturb()
            await ask(served, number, ends)

    await asyncio.gather(*(caller() for _ in range(WIDTH)))
    return ends


def answered(served: Served) -> Counter[str]:
    return Counter(row["deployment"] for row in served.records() if row["outcome"] == "served")


@pytest.fixture
async def denied() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream(Script()) as running:
        yield running
        assert running.connections == 0


async def test_shares_are_as_configured(denied: ScriptedUpstream, tmp_path: Path) -> None:
    async with replicas() as models:
        async with gateway(tmp_path, models, denied.base_url, a={"weight": 2}) as served:
            ends, numbers = Ends(), range(40)
            for number in numbers:
                await ask(served, number, ends)
            got = answered(served)
    assert (ends.served, ends.refused) == (40, [])
    assert got["a"] / 40 == pytest.approx(0.5, abs=0.05)
    assert got["b"] / 40 == pytest.approx(0.25, abs=0.05)


async def test_a_killed_replica_costs_the_streams_it_had_and_no_other(
    denied: ScriptedUpstream, tmp_path: Path
) -> None:
    async with replicas() as models:

        async def kill() -> None:
            os.kill(models["a"].pid, signal.SIGKILL)

        async with gateway(tmp_path, models, denied.base_url) as served:
            ends = await load(served, 24, kill)
    assert ends.refused == []
    assert set(ends.cut) <= {"upstream_error"}
    assert sum(ends.cut.values()) <= PLACES
    assert ends.served + sum(ends.cut.values()) == 24


async def test_a_paused_replica_costs_the_streams_it_had_and_no_other(
    denied: ScriptedUpstream, tmp_path: Path
) -> None:
    async with replicas() as models:

        async def pause() -> None:
            os.kill(models["a"].pid, signal.SIGSTOP)

        async with gateway(tmp_path, models, denied.base_url) as served:
            ends = await load(served, 24, pause)
            codes = {row["code"] for row in served.records() if row["deployment"] == "a"}
    assert ends.refused == []
    assert set(ends.cut) <= {"upstream_timeout"}
    assert sum(ends.cut.values()) <= PLACES
    assert codes <= {"", "upstream_timeout"}


async def test_a_slow_replica_gets_less_and_costs_nobody_the_reply(
    denied: ScriptedUpstream, tmp_path: Path
) -> None:
    async with replicas() as models, asyncio.TaskGroup() as group:
        slowed = group.create_task(_duty(models["a"].pid, running=0.1, stopped=0.3))
        async with gateway(tmp_path, models, denied.base_url, a={"probe": None}) as served:
            ends = await load(served, 24)
            got = answered(served)
        slowed.cancel()
    assert (ends.refused, ends.cut, ends.served) == ([], {}, 24)
    assert got["a"] < min(got["b"], got["c"])


async def test_a_flapping_replica_costs_only_streams_in_flight(
    denied: ScriptedUpstream, tmp_path: Path
) -> None:
    async with replicas() as models, asyncio.TaskGroup() as group:
        flapping = group.create_task(_duty(models["a"].pid, running=4.0, stopped=8.0))
        async with gateway(tmp_path, models, denied.base_url) as served:
            ends = await load(served, 32)
        flapping.cancel()
    assert ends.refused == []
    assert set(ends.cut) <= {"upstream_timeout"}
    assert ends.served + sum(ends.cut.values()) == 32


async def _duty(pid: int, *, running: float, stopped: float) -> None:
    """Let a process run for a part of the time only."""
    try:
        while True:
            os.kill(pid, signal.SIGSTOP)
            await asyncio.sleep(stopped)
            os.kill(pid, signal.SIGCONT)
            await asyncio.sleep(running)
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
