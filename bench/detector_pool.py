"""Detector processes side by side: our supervisor and pebble's ``ProcessPool``, in one run.

    python -m bench.detector_pool [--requests N] [--json]

Both run the gateway's own engine in as many processes, on the same passages, in turns. Printed for each:
latency, CPU of all processes together, and how long the next request takes after all processes were killed.
The last column is pebble's figure divided by ours. Before measuring, the run checks that both find the
test value.
"""

import argparse
import asyncio
import contextlib
import math
import multiprocessing
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import CancelledError
from typing import Any, Final, TypeAlias

import orjson
import psutil
from pebble import ProcessExpired, ProcessPool

from gateway.detect.base import Passage, Span
from gateway.detect.engine.presidio import build
from gateway.detect.workers.pool import ProcessDetector
from gateway.errors import DetectorUnavailable

LANGUAGES: Final = ("en", "ja")
PROCESSES: Final = 2
DEADLINE: Final = 10.0
PATIENCE: Final = 20.0
WORDS: Final = (
    "please review the invoice that we sent to the customer last week and tell me why it is late"
)
LONG: Final = f"My name is Kenji Tanaka, mail kenji@example.com. {WORDS}. " * 9

Detect: TypeAlias = Callable[[Sequence[Passage]], Awaitable[list[tuple[Span, ...]]]]
Case: TypeAlias = tuple[str, Passage, int]

CASES: Final[tuple[Case, ...]] = (
    ("rules alone, 20 words, one at a time", Passage(text=f"kenji@example.com {WORDS}"), 1),
    ("rules alone, 20 words, 8 at once", Passage(text=f"kenji@example.com {WORDS}"), 8),
    ("models, 200 words, one at a time", Passage(text=LONG, languages=LANGUAGES), 1),
    ("models, 200 words, 8 at once", Passage(text=LONG, languages=LANGUAGES), 8),
)

_engine: Any = None


def _pebble_init() -> None:
    global _engine  # noqa: PLW0603  # the one place where a pebble worker can keep its engine
    _engine = build(LANGUAGES)


def _pebble_detect(passages: Sequence[Passage]) -> list[tuple[Span, ...]]:
    found: list[tuple[Span, ...]] = _engine.detect(passages)
    return found


class Pebble:
    """The same work on pebble's pool."""

    def __init__(self) -> None:
        self._pool = ProcessPool(
            max_workers=PROCESSES,
            initializer=_pebble_init,
            context=multiprocessing.get_context("spawn"),
        )

    async def detect(self, passages: Sequence[Passage]) -> list[tuple[Span, ...]]:
        try:
            future = self._pool.schedule(_pebble_detect, args=[passages], timeout=DEADLINE)
            found: list[tuple[Span, ...]] = await asyncio.wrap_future(future)
        except (ProcessExpired, TimeoutError, CancelledError, RuntimeError) as error:
            raise DetectorUnavailable(type(error).__name__) from None
        return found

    async def close(self) -> None:
        self._pool.stop()  # type: ignore[no-untyped-call]
        await asyncio.to_thread(self._pool.join)


async def _measure(detect: Detect, case: Case, requests: int) -> dict[str, float]:
    _, passage, at_once = case
    latencies: list[float] = []

    async def client(count: int) -> None:
        for _ in range(count):
            began = time.perf_counter()
            await detect([passage])
            latencies.append(time.perf_counter() - began)

    before = _cpu()
    await asyncio.gather(*(client(requests // at_once) for _ in range(at_once)))
    cpu = (_cpu() - before) / len(latencies)
    return {
        "p50 ms": statistics.median(latencies) * 1e3,
        "p95 ms": statistics.quantiles(latencies, n=20)[-1] * 1e3,
        "CPU ms": cpu * 1e3,
    }


def _cpu() -> float:
    """CPU seconds of this process and its children."""
    total = 0.0
    for process in (psutil.Process(), *psutil.Process().children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return total


async def _recovery(detect: Detect) -> float:
    """Seconds from killing every detector process to the next answer; infinite when there is none."""
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # it ended together with another
            if "resource_tracker" not in " ".join(child.cmdline()):
                child.kill()
    began = time.perf_counter()
    while time.perf_counter() - began < PATIENCE:
        with contextlib.suppress(DetectorUnavailable):
            await detect([CASES[0][1]])
            return time.perf_counter() - began
        await asyncio.sleep(0.01)
    return math.inf


async def _run(name: str, requests: int) -> dict[str, dict[str, float]]:
    if name == "ours":
        ours = ProcessDetector(LANGUAGES, processes=PROCESSES, hang_seconds=DEADLINE)
        await ours.start()

        async def detect(passages: Sequence[Passage]) -> list[tuple[Span, ...]]:
            return await ours.detect(passages, deadline=DEADLINE)

        close = ours.close
    else:
        pebble = Pebble()
        detect, close = pebble.detect, pebble.close
    try:
        await asyncio.gather(*(_warm(detect) for _ in range(PROCESSES * 4)))
        figures = {case[0]: await _measure(detect, case, requests) for case in CASES}
        figures["after the death of every process"] = {"seconds": await _recovery(detect)}
        return figures
    finally:
        await close()


async def _warm(detect: Detect) -> None:
    spans = await detect([CASES[0][1], CASES[2][1]])
    if not all(any(s.entity == "EMAIL_ADDRESS" for s in many) for many in spans):
        sys.exit("the test value was not found: the figures would be meaningless")


def main() -> None:
    """Measure both and print them side by side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    subjects = {name: asyncio.run(_run(name, options.requests)) for name in ("ours", "pebble")}
    if options.json:
        sys.stdout.buffer.write(orjson.dumps(subjects, option=orjson.OPT_INDENT_2) + b"\n")
        return
    print(f"{'':40} {'figure':8} {'ours':>9} {'pebble':>9} {'ratio':>7}")
    for case, figures in subjects["ours"].items():
        for figure, value in figures.items():
            other = subjects["pebble"][case][figure]
            print(f"{case:40} {figure:8} {value:9.3f} {other:9.3f} {other / max(value, 1e-9):7.2f}")


if __name__ == "__main__":
    main()
