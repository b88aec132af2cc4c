"""The cost of a decision: from the cache, on the embedded engine, and through an OPA server, in one run.

For comparison, the cost of a whole request, and the cache hit rate over a generated day of traffic.
The engines take turns over the same facts, so that a change in the machine's speed affects both.

Run with ``python -m bench.policy [--json] [--requests N] [--opa PATH]``; without an OPA binary its row is left out.
"""

import argparse
import asyncio
import json
import os
import shutil
import socket
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, TypeAlias

import aiohttp

from bench.measure import percentile
from bench.scenarios import ALONE, Conversations, control, run
from bench.subjects import POLICIES, subjects
from bench.traffic import Request, day
from gateway.policy.compile.build import Build, build
from gateway.policy.compile.bundle import write
from gateway.policy.decide.decider import Decider
from gateway.policy.decide.embedded import EmbeddedEngine
from gateway.policy.decide.engine import Engine
from gateway.policy.decide.facts import canonical
from gateway.policy.decide.opa import OpaEngine
from gateway.settings.policy import Opa

SAMPLES: Final = 300
_START_SECONDS: Final = 30.0

Times: TypeAlias = dict[str, list[float]]


async def measure(requests: int, opa: Path | None) -> dict[str, object]:
    """The figures: microseconds at p50 and p99, and the share of cached decisions."""
    built = build(POLICIES)
    traffic = list(day(built, requests))
    with tempfile.TemporaryDirectory() as folder:
        async with _engines(built, Path(folder), opa) as engines:
            times = await _times(built, traffic, engines)
        times["whole request"] = await _whole(Path(folder))
    return {
        "microseconds": {name: _percentiles(found) for name, found in times.items()},
        "remembered": await _remembered(built, traffic),
        "requests": requests,
    }


async def _times(built: Build, traffic: list[Request], engines: dict[str, Engine]) -> Times:
    """Uncached decisions on each engine in turn, validated and built; then the same ones from the cache."""
    sample = traffic[:: max(1, len(traffic) // SAMPLES)]
    times: Times = {name: [] for name in ("remembered", *engines)}
    again = 0.0
    for request in sample:
        for name, engine in engines.items():
            decider = Decider(built, engine)
            times[name].append(await _timed(decider, request))
            again = await _timed(decider, request)
        times["remembered"].append(again)
    return times


async def _timed(decider: Decider, request: Request) -> float:
    began = time.perf_counter()
    await decider.decide(request.facts)
    return time.perf_counter() - began


async def _remembered(built: Build, traffic: list[Request]) -> float:
    """The share of a day's decisions that the cache answers."""
    evaluations = 0

    class Counting(EmbeddedEngine):
        async def evaluate(self, document: bytes) -> object:
            nonlocal evaluations
            evaluations += 1
            return await super().evaluate(document)

    engine = Counting(built)
    decider = Decider(built, engine)
    for request in traffic:
        await decider.decide(request.facts)
    await engine.close()
    return 1 - evaluations / len(traffic)


async def _whole(folder: Path) -> list[float]:
    """Whole requests through a separate gateway, with a check that it masks and restores."""
    async with subjects(folder) as running:
        await control(running)
        firsts = Conversations().take(SAMPLES // 3)
        samples = await run(running.gateway, running.key, ALONE, firsts)
    return [sample.whole for sample in samples]


@asynccontextmanager
async def _engines(
    built: Build, folder: Path, opa: Path | None
) -> AsyncIterator[dict[str, Engine]]:
    embedded = EmbeddedEngine(built)
    try:
        if opa is None:
            yield {"embedded": embedded}
            return
        async with _server(built, folder, opa) as url:
            engine = OpaEngine(Opa(url=url, timeout_ms=10_000), built)
            await engine.start()
            await engine.evaluate(canonical(next(day(built, 1)).facts))
            yield {"embedded": embedded, "OPA server": engine}
            await engine.close()
    finally:
        await embedded.close()


@asynccontextmanager
async def _server(built: Build, folder: Path, opa: Path) -> AsyncIterator[str]:
    write(built, folder / "bundle.tar.gz")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    process = await asyncio.create_subprocess_exec(
        *(str(opa), "run", "--server", "--addr", address, "--log-level", "error"),
        *("--disable-telemetry", "--bundle", str(folder / "bundle.tar.gz")),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(_START_SECONDS), aiohttp.ClientSession() as session:
            while True:
                if await _healthy(session, address):
                    break
                await asyncio.sleep(0.05)
        yield f"http://{address}"
    finally:
        process.kill()
        await process.wait()


async def _healthy(session: aiohttp.ClientSession, address: str) -> bool:
    try:
        async with session.get(f"http://{address}/health?bundles") as reply:
            return reply.status == 200
    except aiohttp.ClientConnectionError:
        return False


def _percentiles(seconds: list[float]) -> dict[str, float]:
    return {f"p{p}": round(percentile(seconds, p) * 1e6, 1) for p in (50, 99)}


def table(figures: dict[str, object]) -> str:
    """The figures as lines, each as a share of the whole request's median."""
    rows: dict[str, dict[str, float]] = figures["microseconds"]  # type: ignore[assignment]
    whole = rows["whole request"]["p50"]
    lines = [f"{'':>14} {'p50 µs':>10} {'p99 µs':>10} {'of a request':>13}"]
    lines += [
        f"{name:>14} {row['p50']:>10.0f} {row['p99']:>10.0f} {row['p50'] / whole:>13.3f}"
        for name, row in rows.items()
    ]
    lines.append(
        f"of {figures['requests']} decisions of a day, {figures['remembered']:.1%} were remembered"
    )
    return "\n".join(lines)


def main() -> None:
    """Print the table, or the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--requests", type=int, default=20_000, help="decisions of the day")
    parser.add_argument(
        "--opa", type=Path, help="the opa binary; default: the one built by make tools"
    )
    options = parser.parse_args()
    built = Path(".tools/bin/opa")
    found = options.opa or (built if built.exists() else shutil.which("opa"))
    os.environ.setdefault("GOMAXPROCS", "1")
    figures = asyncio.run(measure(options.requests, Path(found) if found else None))
    print(json.dumps(figures) if options.json else table(figures))


if __name__ == "__main__":
    main()
