"""The log over a store: numbers, checkpoints, and coming back after a failure."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gateway.audit.canonical import body
from gateway.audit.merkle_log import Item, MerkleLog
from gateway.audit.proof.checkpoint import read
from gateway.audit.proof.verify import verify
from gateway.audit.search import last_checkpoint
from gateway.audit.sqlite import SqliteStore
from gateway.audit.store import StoreError
from gateway.keys import KeyRing
from tests.audit.logs import RING, numbered, tamper, written


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[MerkleLog]:
    with closing(MerkleLog(SqliteStore(path), origin="sekisho", ring=RING)) as ledger:
        ledger.open()
        yield ledger


def items(first: int, count: int) -> list[Item]:
    return [Item(entry=numbered(n), body=body(numbered(n))) for n in range(first, first + count)]


def signed_size(path: Path) -> int:
    note = last_checkpoint(path)
    assert note is not None
    return read(note, RING.verifiers().values()).size


def test_records_are_numbered_in_order(ledger: MerkleLog) -> None:
    records = [*ledger.append(items(0, 3)), *ledger.append(items(3, 2))]
    assert [record.sequence for record in records] == [0, 1, 2, 3, 4]
    assert [record.entry.request_id for record in records] == [f"req-{n}" for n in range(5)]
    assert len({record.origin for record in records}) == 1


def test_logs_with_one_configuration_have_names_of_their_own(tmp_path: Path) -> None:
    origins = {
        verify(written(tmp_path / f"{name}.db", 1), RING.verifiers()).origin for name in "ab"
    }
    assert len(origins) == 2
    assert all(origin.startswith("sekisho/") for origin in origins)


def test_a_log_keeps_its_name_and_goes_on(path: Path) -> None:
    first = verify(written(path, 2), RING.verifiers())
    second = verify(written(path, 3), RING.verifiers())
    assert first.origin == second.origin
    assert (second.records, second.faults) == (5, ())


def test_a_checkpoint_is_made_when_there_is_news(ledger: MerkleLog, path: Path) -> None:
    assert signed_size(path) == 0
    ledger.append(items(0, 3))
    ledger.checkpoint()
    ledger.checkpoint()
    assert signed_size(path) == 3
    assert verify(path, RING.verifiers()).checkpoints == 2


def test_records_that_a_crash_left_unsigned_are_signed_at_the_next_start(path: Path) -> None:
    crashed = MerkleLog(SqliteStore(path), origin="sekisho", ring=RING)
    crashed.open()
    crashed.append(items(0, 3))
    crashed.close()
    assert signed_size(path) == 0
    with closing(MerkleLog(SqliteStore(path), origin="sekisho", ring=RING)) as ledger:
        ledger.open()
        assert signed_size(path) == 3


def test_facts_are_kept_once_per_content(ledger: MerkleLog, path: Path) -> None:
    written_facts = items(0, 1)[0]
    for _ in range(3):
        ledger.append([Item(entry=written_facts.entry, body=written_facts.body, facts=b"{}")] * 2)
    assert verify(path, RING.verifiers()).facts == 1


def _moved_away(path: Path) -> Path:
    away = path.parent / "away"
    away.mkdir()
    for file in list(path.parent.glob("audit.db*")):
        shutil.move(file, away)
    return away


def _moved_back(path: Path, away: Path) -> None:
    for file in list(path.parent.glob("audit.db*")):
        file.unlink()
    for file in list(away.iterdir()):
        shutil.move(file, path.parent)


def test_a_store_that_went_away_and_came_back_is_used_again(ledger: MerkleLog, path: Path) -> None:
    ledger.append(items(0, 2))
    away = _moved_away(path)
    for _ in range(3):
        with pytest.raises(StoreError):
            ledger.append(items(2, 1))
    _moved_back(path, away)
    record = ledger.append(items(3, 1))[0]
    # The first failed append may have reached the file that was moved.
    assert record.sequence in (2, 3)
    ledger.checkpoint()
    assert verify(path, RING.verifiers()).faults == ()


def test_an_older_copy_is_not_gone_on_with(ledger: MerkleLog, path: Path) -> None:
    ledger.append(items(0, 2))
    ledger.close()
    older = path.with_name("older")
    shutil.copy(path, older)
    ledger.append(items(2, 1))
    ledger.close()
    older.replace(path)
    with pytest.raises(StoreError, match="records are missing"):
        ledger.append(items(3, 1))


def test_another_log_is_not_gone_on_with(ledger: MerkleLog, path: Path) -> None:
    ledger.append(items(0, 2))
    ledger.close()
    written(path.with_name("other.db"), 9).replace(path)
    with pytest.raises(StoreError, match="not the one that was written before"):
        ledger.append(items(2, 1))


def test_a_changed_history_is_not_gone_on_with(ledger: MerkleLog, path: Path) -> None:
    ledger.append(items(0, 2))
    ledger.close()
    tamper(path, "UPDATE log SET hashes = zeroblob(32)")
    with pytest.raises(StoreError):
        ledger.append(items(2, 1))


def test_a_deleted_log_is_not_silently_created_again(ledger: MerkleLog, path: Path) -> None:
    ledger.append(items(0, 2))
    ledger.close()
    path.unlink()
    with pytest.raises(StoreError, match="unable to open"):
        ledger.append(items(2, 1))
    assert not path.exists()


@pytest.mark.parametrize(
    ("statements", "fault"),
    [
        (["UPDATE log SET hashes = zeroblob(64)"], "its tree differs from its last checkpoint"),
        (["DELETE FROM records", "UPDATE log SET size = 0, hashes = x''"], "shorter than its last"),
        (["UPDATE checkpoints SET note = x'00'"], "last checkpoint is invalid"),
        (
            ["UPDATE checkpoints SET note = (SELECT note FROM checkpoints LIMIT 1)"],
            "last checkpoint is that of another log",
        ),
        (["UPDATE log SET origin = 'other/1'"], "last checkpoint is that of another log"),
    ],
)
def test_a_damaged_log_is_not_started(path: Path, statements: list[str], fault: str) -> None:
    written(path, 3)
    tamper(path, *statements)
    ledger = MerkleLog(SqliteStore(path), origin="sekisho", ring=RING)
    with pytest.raises(StoreError, match=fault):
        ledger.open()


def test_a_log_of_another_ring_is_not_started(path: Path) -> None:
    written(path, 3)
    ledger = MerkleLog(SqliteStore(path), origin="sekisho", ring=KeyRing.new())
    with pytest.raises(StoreError, match="is this the right key ring"):
        ledger.open()
