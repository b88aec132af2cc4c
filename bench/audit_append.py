"""Appends to the audit log against one plain SQLite transaction per append, in the same run.

Both keep the same rows in a file with write-ahead logging and an fsync at each commit, from one thread
beside the event loop. The plain one hashes nothing, signs nothing, and commits each row by itself.

Run with ``python -m bench.audit_append [--json] [--appends N]``.
"""

import argparse
import asyncio
import json
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeAlias

from gateway.audit.canonical import body
from gateway.audit.entry import AuditEntry
from gateway.audit.log import AuditLog
from gateway.audit.proof.verify import verify
from gateway.audit.sqlite import SqliteStore
from gateway.exchange import Attempt, Exchange, Outcome
from gateway.keys import KeyRing
from gateway.types import Deployment

CONCURRENCY: Final = (1, 8, 64)
ROUNDS: Final = 3
_DEPLOYMENT: Final = Deployment(
    name="r1-a",
    kind="openai",
    base_url="http://127.0.0.1:9/v1",
    model="deepseek-r1",
    operator="self",
    zone="in-house",
    datacentre="JP",
    weights="deepseek-r1",
)

Append: TypeAlias = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One subject at one concurrency: the best of the rounds."""

    subject: str
    concurrency: int
    appends_per_second: float
    cpu_microseconds: float


def sample() -> AuditEntry:
    """An outcome like that of a served chat."""
    exchange = Exchange(
        request_id="0192f0c1-7d5e-7c3a-9b1e-2f4a6c8e0d1b",
        started=0.0,
        dialect="openai",
        operation="chat.completions",
        model="deepseek-r1",
        attempt=Attempt(
            number=1,
            deployment=_DEPLOYMENT,
            redactions={"PERSON": 2, "EMAIL_ADDRESS": 1},
            placeholder_key_id="k1",
        ),
    )
    served = Outcome(kind="served", status=200)
    return AuditEntry.of(exchange, "outcome", datetime.now(UTC), served)


async def load(append: Append, appends: int, concurrency: int) -> tuple[float, float]:
    """Wall and CPU seconds for one append."""
    share = appends // concurrency

    async def worker() -> None:
        for _ in range(share):
            await append()

    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(worker() for _ in range(concurrency)))
    done = share * concurrency
    return (time.perf_counter() - wall) / done, (time.process_time() - cpu) / done


@asynccontextmanager
async def audit_log(path: Path) -> AsyncIterator[Append]:
    """The gateway's log. It is verified afterwards, so that the figures are those of a working log."""
    ring, found = KeyRing.new(), sample()
    log = AuditLog(SqliteStore(path), origin="bench", ring=ring, checkpoint_seconds=1.0)
    await log.start()
    yield lambda: log.append(found)
    await log.close()
    report = verify(path, ring.verifiers())
    if not report.ok:
        raise RuntimeError("\n".join(report.faults))


@asynccontextmanager
async def plain(path: Path) -> AsyncIterator[Append]:
    """One transaction per append."""
    raw, loop = body(sample()), asyncio.get_running_loop()
    with (
        closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as connection,
        ThreadPoolExecutor(1) as thread,
    ):
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE records (sequence INTEGER PRIMARY KEY, leaf BLOB)")

        def insert() -> None:
            connection.execute("INSERT INTO records (leaf) VALUES (?)", (raw,))

        yield lambda: loop.run_in_executor(thread, insert)


async def measure(appends: int) -> list[Figure]:
    """Every subject at every concurrency, in turn, so that a slow moment affects all of them."""
    subjects = {"audit log": audit_log, "plain": plain}
    best: dict[tuple[str, int], tuple[float, float]] = {}
    for _ in range(ROUNDS):
        for concurrency in CONCURRENCY:
            for name, subject in subjects.items():
                with tempfile.TemporaryDirectory() as folder:
                    async with subject(Path(folder) / "bench.db") as append:
                        wall, cpu = await load(append, appends, concurrency)
                known = best.get((name, concurrency), (wall, cpu))
                best[name, concurrency] = (min(wall, known[0]), min(cpu, known[1]))
    return [
        Figure(
            subject=name,
            concurrency=concurrency,
            appends_per_second=1 / wall,
            cpu_microseconds=cpu * 1e6,
        )
        for (name, concurrency), (wall, cpu) in best.items()
    ]


def table(figures: list[Figure]) -> str:
    """The figures, and the audit log's as ratios to the plain ones."""
    found = {(figure.subject, figure.concurrency): figure for figure in figures}
    titles = ("concurrent", "appends/s", "plain", "ratio", "CPU µs", "plain", "ratio")
    lines = [" ".join(f"{title:>10}" for title in titles)]
    for concurrency in CONCURRENCY:
        ours, theirs = found["audit log", concurrency], found["plain", concurrency]
        cells = (
            f"{concurrency}",
            f"{ours.appends_per_second:.0f}",
            f"{theirs.appends_per_second:.0f}",
            f"{ours.appends_per_second / theirs.appends_per_second:.2f}",
            f"{ours.cpu_microseconds:.0f}",
            f"{theirs.cpu_microseconds:.0f}",
            f"{ours.cpu_microseconds / theirs.cpu_microseconds:.2f}",
        )
        lines.append(" ".join(f"{cell:>10}" for cell in cells))
    return "\n".join(lines)


def main() -> None:
    """Print the table, or the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--appends", type=int, default=3000, help="appends for each figure")
    options = parser.parse_args()
    figures = asyncio.run(measure(options.appends))
    print(json.dumps([asdict(figure) for figure in figures]) if options.json else table(figures))


if __name__ == "__main__":
    main()
