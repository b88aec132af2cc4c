"""The SQLite store: what it takes, what it refuses, and how it fails."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gateway.audit.proof.merkle import CompactRange, leaf_hash
from gateway.audit.sqlite import SqliteStore
from gateway.audit.store import Row, StoreError
from tests.audit.logs import numbered, tamper, written


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(path)
    yield store
    store.close()


def rows(first: int, count: int, tree: CompactRange) -> list[Row]:
    made = []
    for sequence in range(first, first + count):
        raw = b"leaf %d" % sequence
        row = Row(sequence=sequence, leaf=raw, hash=leaf_hash(raw), entry=numbered(sequence))
        tree.append(row.hash)
        made.append(row)
    return made


def test_a_new_log_is_empty_and_private(store: SqliteStore, path: Path) -> None:
    head = store.open("sekisho/1")
    assert (head.origin, head.tree, head.checkpoint) == ("sekisho/1", CompactRange(), None)
    assert path.stat().st_mode & 0o077 == 0


def test_what_was_kept_is_there_when_opened_again(store: SqliteStore) -> None:
    tree = store.open("sekisho/1").tree
    store.append(rows(0, 5, tree), {"h": b"document"}, tree)
    store.append(rows(5, 2, tree), {"h": b"document"}, tree)
    store.checkpoint(7, b"note")
    store.close()
    head = store.open("sekisho/2")
    assert (head.origin, head.tree) == ("sekisho/1", tree)
    assert (head.checkpoint, head.checkpoint_size) == (b"note", 7)
    assert list(store.hashes(5)) == [leaf_hash(b"leaf 5"), leaf_hash(b"leaf 6")]


def test_each_commit_is_synchronised(store: SqliteStore, path: Path) -> None:
    store.open("sekisho/1")
    connection = store._opened()
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_batch_is_kept_whole_or_not_at_all(store: SqliteStore) -> None:
    tree = store.open("sekisho/1").tree
    first = rows(0, 1, tree)
    store.append(first, {}, tree)
    with pytest.raises(StoreError):
        store.append([*rows(1, 2, tree), *first], {"h": b"document"}, tree)
    store.close()
    assert store.open(None).tree.size == 1


def test_a_second_writer_is_refused(store: SqliteStore, path: Path) -> None:
    store.open("sekisho/1")
    second = SqliteStore(path)
    with pytest.raises(StoreError, match="another gateway is writing this audit log"):
        second.open("sekisho/1")
    store.close()
    second.open(None)
    second.close()


def test_a_log_is_created_only_when_that_is_requested(store: SqliteStore, path: Path) -> None:
    with pytest.raises(StoreError, match="unable to open"):
        store.open(None)
    assert not path.exists()


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file or directory"):
        SqliteStore(tmp_path / "absent" / "audit.db").open("sekisho/1")


def test_a_foreign_file_is_refused_and_left_as_it_is(store: SqliteStore, path: Path) -> None:
    tamper(path, "CREATE TABLE t (x)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not an audit log"):
        store.open("sekisho/1")
    path.write_text("not a database, though long enough to have a header of its own" * 9)
    with pytest.raises(StoreError, match="not a database"):
        store.open("sekisho/1")
    path.write_bytes(before)
    assert not Path(f"{path}-wal").exists()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM records WHERE sequence = 4",
        "DELETE FROM log",
        "UPDATE log SET size = 4",
        "UPDATE log SET hashes = x''",
        "UPDATE log SET hashes = zeroblob(33)",
    ],
)
def test_a_damaged_log_is_refused(store: SqliteStore, path: Path, statement: str) -> None:
    written(path, 5)
    tamper(path, statement)
    with pytest.raises(StoreError, match="the audit log is damaged"):
        store.open("sekisho/1")


def test_a_file_moved_away_is_noticed_before_anything_is_acknowledged(
    store: SqliteStore, tmp_path: Path
) -> None:
    tree = store.open("sekisho/1").tree
    moved = tmp_path / "moved"
    moved.mkdir()
    for file in list(tmp_path.glob("audit.db*")):
        shutil.move(file, moved)
    with pytest.raises(StoreError, match="No such file"):
        store.append(rows(0, 1, tree), {}, tree)


def test_a_file_put_in_place_of_the_log_is_noticed(store: SqliteStore, path: Path) -> None:
    store.open("sekisho/1")
    copy = path.with_name("copy")
    shutil.copy(path, copy)
    copy.replace(path)
    with pytest.raises(StoreError, match="moved or replaced"):
        store.probe()


def test_a_locked_file_is_an_error_and_then_none(store: SqliteStore, path: Path) -> None:
    store.open("sekisho/1")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked"):
            store.probe()
    store.close()
    store.open(None)
    store.probe()


def test_a_full_disk_is_an_error_and_then_none(store: SqliteStore) -> None:
    tree = store.open("sekisho/1").tree
    store._opened().execute("PRAGMA max_page_count = 1")
    with pytest.raises(StoreError, match="full"):
        store.append(rows(0, 200, tree.copy()), {}, tree)
    store.close()
    tree = store.open(None).tree
    assert tree.size == 0
    store.append(rows(0, 200, tree), {}, tree)


def test_a_closed_store_takes_nothing(store: SqliteStore) -> None:
    with pytest.raises(StoreError, match="not open"):
        store.probe()
