"""Throughput of one gateway process, of several under a supervisor, and their cost per request, in one run.

Every subject has the same settings except ``workers``, one Redis, and every core; all take turns, so that a change in the machine's
speed affects all of them. Each worker has its own detector processes, so on few cores the subjects compete with the load generator, the
model server and themselves: the ratios are valid for this machine only.

Run with ``python -m bench.workers [--json] [--requests N] [--workers 1 2]``. Needs ``redis-server``.
"""

import argparse
import asyncio
import json
import os
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from itertools import count, islice
from pathlib import Path
from typing import Final

from bench.load import drive
from bench.payloads import chat
from bench.subjects import KEY_ENV, Subject, configure, deployment, free_port, process, url_of
from tests.parts.redis import RedisServer

CONCURRENCY: Final = 32
ROUNDS: Final = 3
_WARMING: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number of workers: the median of the rounds."""

    workers: int
    requests_per_second: float
    ratio: float
    """Relative to the first subject."""
    cpu_us: float
    """CPU of all its processes, in microseconds per request."""


async def measure(requests: int, workers: Sequence[int], **sections: object) -> list[Figure]:
    """The figures, in the order of ``workers``, of which the first is the baseline.

    Args:
        requests: to each subject in each round.
        workers: how many each subject has.
        sections: of every gateway's configuration, in place of the defaults.
    """
    key = f"sk-sekisho-{secrets.token_urlsafe(24)}"
    with tempfile.TemporaryDirectory(prefix="sekisho-bench-") as name:
        folder = Path(name)
        async with AsyncExitStack() as stack:
            redis = await stack.enter_async_context(RedisServer(folder))
            model = await stack.enter_async_context(_model(folder))
            shared = {**sections, "state": {"url": redis.url}}
            gateways = {
                one: await stack.enter_async_context(_gateway(folder, one, model, key, shared))
                for one in workers
            }
            return await _compare(gateways, requests, key)


async def _compare(gateways: dict[int, Subject], requests: int, key: str) -> list[Figure]:
    bodies = _bodies()
    rounds: dict[int, list[tuple[float, float]]] = {workers: [] for workers in gateways}
    for gateway in gateways.values():
        await drive(gateway.url, key, islice(bodies, _WARMING), CONCURRENCY)
    for _ in range(ROUNDS):
        for workers, gateway in gateways.items():
            rounds[workers].append(await _round(gateway, key, list(islice(bodies, requests))))
    middle = {workers: _middle(found) for workers, found in rounds.items()}
    least, _ = next(iter(middle.values()))
    return [
        Figure(workers=workers, requests_per_second=rate, ratio=rate / least, cpu_us=cpu)
        for workers, (rate, cpu) in middle.items()
    ]


async def _round(gateway: Subject, key: str, bodies: Sequence[bytes]) -> tuple[float, float]:
    """Requests per second, and CPU in microseconds per request."""
    before, began = gateway.tree.cpu_seconds(), time.perf_counter()
    await drive(gateway.url, key, bodies, CONCURRENCY)
    seconds = time.perf_counter() - began
    cpu = gateway.tree.cpu_seconds() - before
    return len(bodies) / seconds, cpu / len(bodies) * 1e6


def _middle(rounds: Sequence[tuple[float, float]]) -> tuple[float, float]:
    rates, cpu = zip(*rounds, strict=True)
    return sorted(rates)[len(rates) // 2], sorted(cpu)[len(cpu) // 2]


def _bodies() -> Iterator[bytes]:
    """Messages, all different."""
    return (chat(range(0), number) for number in count())


@asynccontextmanager
async def _model(folder: Path) -> AsyncIterator[str]:
    port = free_port()
    module = ["bench.upstream", str(port)]
    async with process(folder, module, _cores(), f"{url_of(port)}/last"):
        yield url_of(port)


@asynccontextmanager
async def _gateway(
    folder: Path, workers: int, model: str, key: str, shared: Mapping[str, object]
) -> AsyncIterator[Subject]:
    """A gateway, once all of its workers are ready."""
    own = folder / f"workers-{workers}"
    own.mkdir()
    port, admin = free_port(), free_port()
    places = {"model": deployment(f"{model}/v1")}
    config = configure(own, port, admin, places, workers=workers, **shared)
    serve = ["gateway", "serve", "--config", str(config)]
    probe = f"{url_of(admin)}/health"
    async with process(own, serve, _cores(), probe, {KEY_ENV: key}) as tree:
        yield Subject(name=f"{workers} workers", url=url_of(port), tree=tree)


def _cores() -> list[int]:
    return sorted(os.sched_getaffinity(0))


def text(figures: Sequence[Figure]) -> str:
    """A table."""
    head = ("| workers | requests a second | × the first | CPU µs a request |", "|---|---|---|---|")
    rows = (
        f"| {one.workers} | {one.requests_per_second:.1f} | {one.ratio:.2f} | {one.cpu_us:.0f} |"
        for one in figures
    )
    return "\n".join((*head, *rows))


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    figures = asyncio.run(measure(options.requests, options.workers))
    print(json.dumps([asdict(one) for one in figures]) if options.json else text(figures))


if __name__ == "__main__":
    main()
