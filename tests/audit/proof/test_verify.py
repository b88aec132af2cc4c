"""The whole check of a log: good logs pass, and damage anywhere in the file is never a good log."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gateway.audit import schema
from gateway.audit.proof.verify import FAULTS_LISTED, Report, verify
from gateway.audit.store import StoreError
from tests.audit.logs import FACTS_HASH, RING, numbered, opened, tamper, written

FLIPS = 150


def check(path: Path) -> Report:
    return verify(path, RING.verifiers())


def test_a_good_log_passes(tmp_path: Path) -> None:
    report = check(written(tmp_path / "audit.db", 20, 5))
    assert report.ok
    assert (report.records, report.signed, report.checkpoints, report.facts) == (25, 25, 3, 1)
    assert len(bytes.fromhex(report.root)) == 32


def test_an_empty_log_passes(tmp_path: Path) -> None:
    report = check(written(tmp_path / "audit.db", 0))
    assert (report.records, report.faults) == (0, ())


async def test_a_log_that_is_being_written_passes(tmp_path: Path) -> None:
    path = tmp_path / "audit.db"
    async with opened(path) as log:
        for number in range(3):
            await log.append(numbered(number))
        report = check(path)
    assert (report.records, report.signed, report.faults) == (3, 0, ())


def test_replaced_facts_are_found(tmp_path: Path) -> None:
    path = written(tmp_path / "audit.db", 2)
    tamper(path, "UPDATE facts SET document = x'7b7d'")
    assert check(path).faults == (f"facts {FACTS_HASH}: the document is not the one of this hash",)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log SET hashes = zeroblob(32)",
        "UPDATE log SET size = 3",
        "UPDATE log SET size = 5",
    ],
)
def test_a_head_that_does_not_fit_is_found(tmp_path: Path, statement: str) -> None:
    path = written(tmp_path / "audit.db", 4)
    tamper(path, statement)
    (fault,) = check(path).faults
    assert fault.startswith("the log's head")


def test_a_missing_head_is_found(tmp_path: Path) -> None:
    path = written(tmp_path / "audit.db", 4)
    tamper(path, "DELETE FROM log")
    assert check(path).faults == ("the log has no head",)


def test_a_changed_schema_is_found(tmp_path: Path) -> None:
    path = written(tmp_path / "audit.db", 4)
    tamper(path, "CREATE TABLE extra (x)")
    (fault,) = check(path).faults
    assert "schema was changed" in fault


def test_a_row_hidden_from_an_index_is_found(tmp_path: Path) -> None:
    """A search by request would miss it."""
    path = written(tmp_path / "audit.db", 4)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        kept = "SELECT sql FROM sqlite_schema WHERE name = 'records_by_request'"
        (index,) = connection.execute(kept).fetchone()
        connection.execute("DROP INDEX records_by_request")
        connection.execute(f"{index} WHERE sequence != 2")
        connection.execute(
            "UPDATE sqlite_schema SET sql = ? WHERE name = 'records_by_request'", (index,)
        )
    assert any("missing from index" in fault for fault in check(path).faults)


def test_faults_are_bounded(tmp_path: Path) -> None:
    path = written(tmp_path / "audit.db", 2 * FAULTS_LISTED)
    tamper(path, "UPDATE records SET hash = zeroblob(32)")
    faults = check(path).faults
    assert len(faults) == FAULTS_LISTED
    assert faults[-1] == f"and {FAULTS_LISTED + 1} more faults"


def test_what_is_no_log_is_a_fault_and_what_is_absent_an_error(tmp_path: Path) -> None:
    text = tmp_path / "text.db"
    text.write_text("not a database, though long enough to have a header of its own" * 9)
    assert "not a database" in check(text).faults[0]
    with pytest.raises(StoreError, match="no such file"):
        check(tmp_path / "absent.db")


def test_progress_is_reported(tmp_path: Path) -> None:
    path = written(tmp_path / "audit.db", 0)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        values = "?, x'', x''" + ", ''" * len(schema.COLUMNS)
        connection.execute("BEGIN")
        connection.executemany(
            f"INSERT INTO records VALUES ({values})",  # noqa: S608
            ((number,) for number in range(2500)),
        )
        connection.execute("COMMIT")
    calls: list[tuple[int, int]] = []
    verify(path, RING.verifiers(), progress=lambda done, total: calls.append((done, total)))
    assert calls == [(1000, 2500), (2000, 2500)]


def _content(path: Path) -> list[object]:
    tables = ("records", "facts", "checkpoints", "log")
    with closing(sqlite3.connect(path)) as connection:
        return [
            connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()  # noqa: S608
            for table in tables
        ]


def test_a_bit_changed_anywhere_is_found_unless_nothing_reads_it(tmp_path: Path) -> None:
    """Unused bytes of a page may change; whatever verifies holds exactly what was written."""
    path = written(tmp_path / "audit.db", 30)
    raw, content = path.read_bytes(), _content(path)
    changed = tmp_path / "changed.db"
    seeded = random.Random(20260131)
    caught = 0
    for _ in range(FLIPS):
        position = seeded.randrange(len(raw))
        flipped = bytearray(raw)
        flipped[position] ^= 1 << seeded.randrange(8)
        changed.write_bytes(flipped)
        if check(changed).ok:
            assert _content(changed) == content
        else:
            caught += 1
    assert caught > FLIPS // 4
