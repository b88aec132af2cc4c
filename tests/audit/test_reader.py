"""Reading beside the writer, and reading evidence."""

import os
import sqlite3
from pathlib import Path

import pytest

from gateway.audit.reader import reading
from gateway.audit.store import StoreError
from tests.audit.logs import numbered, opened, tamper, written


def _count(connection: sqlite3.Connection) -> int:
    (count,) = connection.execute("SELECT count(*) FROM records").fetchone()
    return int(count)


def test_what_is_read_is_one_state(tmp_path: Path) -> None:
    path = written(tmp_path / "audit.db", 3)
    with reading(path) as connection:
        assert _count(connection) == 3
        written(path, 2)
        assert _count(connection) == 3
    with reading(path) as connection:
        assert _count(connection) == 5


async def test_the_writer_is_not_kept_from_writing(tmp_path: Path) -> None:
    path = tmp_path / "audit.db"
    async with opened(path) as log:
        await log.append(numbered(0))
        with reading(path) as connection:
            assert _count(connection) == 1
            await log.append(numbered(1))


def test_nothing_can_be_written(tmp_path: Path) -> None:
    path = written(tmp_path / "audit.db", 1)
    with pytest.raises(StoreError, match="readonly"), reading(path) as connection:
        connection.execute("DELETE FROM records")


def test_what_is_not_a_log_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such file"), reading(tmp_path / "absent.db"):
        pass
    text = tmp_path / "text.db"
    text.write_text("not a database, though long enough to have a header of its own" * 9)
    with pytest.raises(StoreError, match="not a database"), reading(text):
        pass
    foreign = tmp_path / "foreign.db"
    tamper(foreign, "CREATE TABLE t (x)")
    with pytest.raises(StoreError, match="not an audit log"), reading(foreign):
        pass


def test_evidence_in_a_folder_that_can_not_be_written_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A superuser may write anywhere, so the answer of the system is given here."""
    path = written(tmp_path / "audit.db", 3)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with reading(path) as connection:
        assert _count(connection) == 3
    assert sorted(found.name for found in tmp_path.iterdir()) == ["audit.db", "audit.db.lock"]


def test_damaged_text_is_read_as_different(tmp_path: Path) -> None:
    path = written(tmp_path / "audit.db", 1)
    tamper(path, "UPDATE records SET tenant = CAST(x'ff61' AS TEXT)")
    with reading(path) as connection:
        assert connection.execute("SELECT tenant FROM records").fetchone() == ("\ufffda",)
