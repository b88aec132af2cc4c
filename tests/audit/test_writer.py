"""The writing thread: group commit, order, bounds, and what it does when a commit fails."""

import asyncio
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
import structlog

from gateway.audit.canonical import body
from gateway.audit.merkle_log import Item, MerkleLog
from gateway.audit.proof.merkle import CompactRange
from gateway.audit.proof.verify import verify
from gateway.audit.sqlite import SqliteStore
from gateway.audit.store import Head, Row, StoreError
from gateway.audit.writer import MAX_BATCH, Writer
from tests.audit.logs import RING, numbered


class Gate:
    """A real store whose commits can be held back, counted, and made to fail."""

    def __init__(self, path: Path) -> None:
        self._store = SqliteStore(path)
        self.open_gate = threading.Event()
        self.open_gate.set()
        self.reached = threading.Semaphore(0)
        self.signed = threading.Semaphore(0)
        self.commits: list[int] = []
        self.checkpoints: list[int] = []
        self.probes = 0
        self.broken = False

    def open(self, new_origin: str | None) -> Head:
        return self._store.open(new_origin)

    def append(self, rows: Sequence[Row], facts: Mapping[str, bytes], tree: CompactRange) -> None:
        self.reached.release()
        self.open_gate.wait()
        if self.broken:
            raise StoreError("the disk is on fire")
        self.commits.append(len(rows))
        self._store.append(rows, facts, tree)

    def checkpoint(self, size: int, note: bytes) -> None:
        if self.broken:
            raise StoreError("the disk is on fire")
        self._store.checkpoint(size, note)
        self.checkpoints.append(size)
        self.signed.release()

    def probe(self) -> None:
        self.probes += 1
        self._store.probe()

    def hashes(self, start: int) -> Iterator[bytes]:
        return self._store.hashes(start)

    def close(self) -> None:
        self._store.close()


def item(number: int) -> Item:
    return Item(entry=numbered(number), body=body(numbered(number)))


async def started(gate: Gate, *, checkpoint_seconds: float = 3600, backlog: int = 5000) -> Writer:
    ledger = MerkleLog(gate, origin="sekisho", ring=RING)
    writer = Writer(ledger, checkpoint_seconds=checkpoint_seconds, backlog=backlog)
    await writer.run(ledger.open)
    return writer


async def ended(writer: Writer, gate: Gate) -> None:
    await writer.run(gate.close, last=True)


async def test_what_waits_is_committed_together_and_in_order(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "audit.db")
    writer = await started(gate)
    gate.open_gate.clear()
    first = writer.append(item(0))
    await asyncio.to_thread(gate.reached.acquire)
    rest = [writer.append(item(n)) for n in range(1, 501)]
    gate.open_gate.set()
    records = await asyncio.gather(first, *rest)
    await ended(writer, gate)
    assert gate.commits == [1, 500]
    assert [record.sequence for record in records] == list(range(501))
    assert [record.entry.request_id for record in records] == [f"req-{n}" for n in range(501)]


async def test_a_commit_is_bounded(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "audit.db")
    writer = await started(gate)
    await asyncio.gather(*(writer.append(item(n)) for n in range(2 * MAX_BATCH + 1)))
    await ended(writer, gate)
    assert max(gate.commits) <= MAX_BATCH
    assert sum(gate.commits) == 2 * MAX_BATCH + 1


async def test_beyond_the_backlog_an_append_is_refused_at_once(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "audit.db")
    writer = await started(gate, backlog=3)
    gate.open_gate.clear()
    waiting = [writer.append(item(n)) for n in range(3)]
    with pytest.raises(StoreError, match="too many entries"):
        await writer.append(item(3))
    gate.open_gate.set()
    await asyncio.gather(*waiting)
    await writer.append(item(4))
    await ended(writer, gate)
    assert sum(gate.commits) == 4


async def test_an_entry_nobody_waits_for_is_written(tmp_path: Path) -> None:
    path = tmp_path / "audit.db"
    gate = Gate(path)
    writer = await started(gate)
    gate.open_gate.clear()
    gone = [writer.append(item(n)) for n in range(3)]
    for future in gone:
        future.cancel()
    gate.open_gate.set()
    await ended(writer, gate)
    assert sum(gate.commits) == 3
    assert verify(path, RING.verifiers()).records == 3


async def test_checkpoints_are_made_by_the_clock_and_only_with_news(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "audit.db")
    writer = await started(gate, checkpoint_seconds=0.01)
    for number in range(2):
        await asyncio.to_thread(gate.signed.acquire)
        await writer.append(item(number))
    await asyncio.to_thread(gate.signed.acquire)
    # The clock strikes some more times, with nothing new to sign.
    await asyncio.sleep(0.05)
    await ended(writer, gate)
    assert gate.checkpoints == [0, 1, 2]


async def test_a_busy_log_is_signed_too(tmp_path: Path) -> None:
    """The thread never waits while there is work: the clock is looked at all the same."""
    gate = Gate(tmp_path / "audit.db")
    writer = await started(gate, checkpoint_seconds=0.01)
    number = 0
    while len(gate.checkpoints) < 3:
        await asyncio.gather(*(writer.append(item(number + n)) for n in range(50)))
        number += 50
    await ended(writer, gate)


async def test_a_failed_commit_fails_all_who_wait_and_is_logged_once(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "audit.db")
    with structlog.testing.capture_logs() as logs:
        writer = await started(gate)
        gate.broken = True
        for _ in range(2):
            failed = await asyncio.gather(
                *(writer.append(item(n)) for n in range(3)), return_exceptions=True
            )
            assert all(isinstance(error, StoreError) for error in failed)
            assert writer.written_at == float("-inf")
        gate.broken = False
        assert (await writer.append(item(0))).sequence == 0
        assert writer.written_at > 0
        await ended(writer, gate)
    assert [line["event"] for line in logs] == ["audit_store_failed", "audit_store_recovered"]
    assert logs[0]["reason"] == "the disk is on fire"


async def test_a_failed_checkpoint_is_tried_again(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "audit.db")
    with structlog.testing.capture_logs() as logs:
        writer = await started(gate, checkpoint_seconds=0.01)
        gate.broken = True
        with pytest.raises(StoreError):
            await writer.append(item(0))
        gate.broken = False
        await writer.append(item(0))
        for _ in (0, 1):
            await asyncio.to_thread(gate.signed.acquire)
        await ended(writer, gate)
    assert logs[0]["event"] == "audit_store_failed"


async def test_concurrent_probes_are_one(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "audit.db")
    writer = await started(gate)
    await asyncio.gather(*(writer.probe() for _ in range(20)))
    assert gate.probes == 1
    await writer.probe()
    assert gate.probes == 2
    await ended(writer, gate)


async def test_an_ended_thread_takes_nothing(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "audit.db")
    writer = await started(gate)
    await ended(writer, gate)
    await asyncio.to_thread(writer._thread.join)
    with pytest.raises(StoreError, match="closed"):
        await writer.append(item(0))
    with pytest.raises(StoreError, match="closed"):
        await writer.probe()
