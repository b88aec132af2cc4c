"""The log as the gateway uses it: durable or refused, and back by itself."""

import asyncio
import os
import signal
import sqlite3
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from gateway.audit.log import AuditLog
from gateway.audit.proof.verify import verify
from gateway.audit.search import Query, facts, search
from gateway.audit.sqlite import SqliteStore
from gateway.errors import AuditUnavailable, ConfigError
from gateway.keys import KeyRing
from tests.audit.logs import ENTRY, FACTS, FACTS_HASH, RING, numbered, opened, tamper, written

CHILD = Path(__file__).with_name("appender.py")
ROUNDS = 10


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.db"


def ids(path: Path) -> list[str]:
    """The request ids in the log, oldest first."""
    found = search(path, Query(limit=1_000_000))
    return [row["request_id"] for row in reversed(found)]


async def test_an_acknowledged_entry_is_in_the_log(path: Path) -> None:
    async with opened(path) as log:
        record = await log.append(ENTRY)
        # Another connection sees it while the log is open: it is committed, not only queued.
        assert search(path, Query())[0]["leaf"] == record.leaf.hex()
    assert (record.sequence, record.entry) == (0, ENTRY)
    assert verify(path, RING.verifiers()).ok


async def test_five_hundred_at_once_share_commits(path: Path) -> None:
    async with opened(path) as log:
        records = await asyncio.gather(*(log.append(numbered(n)) for n in range(500)))
    assert [record.sequence for record in records] == list(range(500))
    report = verify(path, RING.verifiers())
    assert (report.records, report.signed, report.faults) == (500, 500, ())


async def test_facts_are_kept_once_and_found(path: Path) -> None:
    async with opened(path) as log:
        for number in range(3):
            await log.append(replace(numbered(number), facts_hash=FACTS_HASH), FACTS)
        await log.append(numbered(3), FACTS)
    assert facts(path, FACTS_HASH) == {"tenant": "acme"}
    assert verify(path, RING.verifiers()).facts == 1


async def test_facts_that_are_not_the_named_ones_are_refused(path: Path) -> None:
    async with opened(path) as log:
        with pytest.raises(AuditUnavailable):
            await log.append(replace(ENTRY, facts_hash="f" * 64), FACTS)
    assert ids(path) == []


async def test_a_refusal_says_nothing_of_the_inside(path: Path) -> None:
    async with opened(path) as log:
        with pytest.raises(AuditUnavailable) as caught:
            await log.append(replace(ENTRY, request_id="\ud800 secret"))
        assert "secret" not in str(caught.value)
        assert str(path) not in caught.value.message
        assert (await log.append(ENTRY)).sequence == 0


async def test_a_cancelled_append_is_written(path: Path) -> None:
    async with opened(path) as log:
        task = asyncio.get_running_loop().create_task(log.append(ENTRY))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert ids(path) == ["req-0"]


async def test_a_log_that_is_not_open_refuses(path: Path) -> None:
    log = AuditLog(SqliteStore(path), origin="sekisho", ring=RING, checkpoint_seconds=60)
    with pytest.raises(AuditUnavailable):
        await log.append(ENTRY)
    assert not await log.ready()
    await log.close()
    await log.start()
    assert await log.ready()
    await log.close()
    with pytest.raises(AuditUnavailable):
        await log.append(ENTRY)
    assert not await log.ready()


async def test_a_log_that_can_not_be_used_stops_the_start(path: Path) -> None:
    tamper(path, "CREATE TABLE t (x)")
    log = AuditLog(SqliteStore(path), origin="sekisho", ring=RING, checkpoint_seconds=60)
    with (
        structlog.testing.capture_logs(),
        pytest.raises(ConfigError, match=r"audit\.store: .*not an audit log"),
    ):
        await log.start()


async def test_a_second_gateway_on_one_log_is_stopped(path: Path) -> None:
    async with opened(path) as log:
        second = AuditLog(SqliteStore(path), origin="sekisho", ring=RING, checkpoint_seconds=60)
        with structlog.testing.capture_logs(), pytest.raises(ConfigError, match="another gateway"):
            await second.start()
        await log.append(ENTRY)


async def test_another_ring_is_stopped(path: Path) -> None:
    await asyncio.to_thread(written, path, 2)
    log = AuditLog(SqliteStore(path), origin="s", ring=KeyRing.new(), checkpoint_seconds=60)
    with structlog.testing.capture_logs(), pytest.raises(ConfigError, match="key ring"):
        await log.start()


async def test_a_store_taken_away_refuses_and_serves_again_when_it_is_back(tmp_path: Path) -> None:
    path = tmp_path / "var" / "audit.db"
    path.parent.mkdir()
    with structlog.testing.capture_logs() as logs:
        async with opened(path) as log:
            await log.append(numbered(0))
            away = path.parent.rename(tmp_path / "away")
            for number in (1, 2):
                with pytest.raises(AuditUnavailable):
                    await log.append(numbered(number))
                assert not await log.ready()
            away.rename(path.parent)
            assert await log.ready()
            await log.append(numbered(3))
    assert [line["event"] for line in logs] == ["audit_store_failed", "audit_store_recovered"]
    assert {"req-0", "req-3"} <= set(ids(path))
    assert "req-2" not in ids(path)
    assert verify(path, RING.verifiers()).ok


async def test_a_locked_store_refuses_and_serves_again(path: Path) -> None:
    with structlog.testing.capture_logs():
        async with opened(path) as log:
            with closing(sqlite3.connect(path, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                with pytest.raises(AuditUnavailable):
                    await log.append(numbered(0))
            assert (await log.append(numbered(1))).sequence == 0


async def test_an_append_does_not_wait_for_ever(path: Path) -> None:
    """The lock outlasts the time an append may take; the entry may still come to be written."""
    with structlog.testing.capture_logs():
        async with opened(path, write_seconds=0.05) as log:
            with closing(sqlite3.connect(path, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                with pytest.raises(AuditUnavailable) as caught:
                    await log.append(numbered(0))
                assert isinstance(caught.value.__cause__, TimeoutError)
                assert not await log.ready()


async def test_too_many_waiting_appends_are_refused(path: Path) -> None:
    async with opened(path, backlog=10) as log:
        results = await asyncio.gather(
            *(log.append(numbered(n)) for n in range(50)), return_exceptions=True
        )
        refused = [result for result in results if isinstance(result, AuditUnavailable)]
        assert len(refused) == 40
        await log.append(numbered(50))
    assert len(ids(path)) == 11


async def test_two_tenants_share_a_log_and_are_distinguished(path: Path) -> None:
    async with opened(path) as log:
        await asyncio.gather(*(log.append(numbered(n)) for n in range(10)))
    assert {row["request_id"] for row in search(path, Query(tenant="acme"))} == {
        f"req-{n}" for n in range(0, 10, 2)
    }


async def _child(path: Path, ring: Path, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        str(CHILD),
        str(path),
        str(ring),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )


async def _lines(process: asyncio.subprocess.Process, count: int) -> list[str]:
    assert process.stdout is not None
    return [(await process.stdout.readline()).decode().strip() for _ in range(count)]


async def test_a_killed_writer_loses_nothing_that_it_acknowledged(
    path: Path, tmp_path: Path
) -> None:
    ring = tmp_path / "ring.json"
    ring.write_text(RING.dump())
    acknowledged: list[str] = []
    for turn in range(ROUNDS):
        process = await _child(path, ring, "append", f"round-{turn}")
        acknowledged += await _lines(process, 20 + 17 * turn)
        process.send_signal(signal.SIGKILL)
        stdout, _ = await process.communicate()
        # What was already in the pipe was acknowledged too, but for a line cut by the end.
        acknowledged += stdout.decode().split("\n")[:-1]
    found = ids(path)
    assert set(acknowledged) <= set(found)
    assert len(found) == len(set(found))
    async with opened(path) as log:
        assert (await log.append(ENTRY)).sequence == len(found)
    report = verify(path, RING.verifiers())
    assert (report.records, report.signed, report.faults) == (len(found) + 1, len(found) + 1, ())


async def test_a_disk_that_is_full_and_then_not(path: Path, tmp_path: Path) -> None:
    """The child's largest file size stands for the disk's size, and is raised again."""
    ring = tmp_path / "ring.json"
    ring.write_text(RING.dump())
    process = await _child(path, ring, "full")
    stdout, stderr = await process.communicate()
    states = stdout.decode().split()
    assert process.returncode == 0, stderr
    assert states == ["written", "unavailable", "not-ready", "ready", "written"]
    assert verify(path, RING.verifiers()).ok
