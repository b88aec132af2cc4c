"""What the check of each record finds: a bit changed in any column, rows gone, moved or forged."""

from pathlib import Path

import pytest

from gateway.audit import schema
from gateway.audit.canonical import body, leaf
from gateway.audit.proof.merkle import leaf_hash
from gateway.audit.proof.verify import verify
from tests.audit.logs import ENTRY, FACTS_HASH, RING, numbered, tamper, written


def faults(path: Path) -> tuple[str, ...]:
    return verify(path, RING.verifiers()).faults


@pytest.mark.parametrize("column", schema.COLUMNS)
def test_an_edited_column_is_found(tmp_path: Path, column: str) -> None:
    path = written(tmp_path / "audit.db", 5)
    tamper(path, f"UPDATE records SET {column} = {column} || 'x' WHERE sequence = 3")  # noqa: S608
    assert faults(path) == (f"record 3: the column {column} differs from the hashed leaf",)


def test_an_edited_leaf_is_found(tmp_path: Path) -> None:
    path = written(tmp_path / "audit.db", 5)
    tamper(
        path,
        "UPDATE records SET leaf = CAST(replace(CAST(leaf AS TEXT), 'billing', 'pilling') AS BLOB)"
        " WHERE sequence = 3",
    )
    found = faults(path)
    assert found[0] == "record 3: its leaf does not match its hash"
    assert "record 3: the column app differs from the hashed leaf" in found
    assert any("its root differs" in fault for fault in found)


def test_an_edited_hash_is_found(tmp_path: Path) -> None:
    path = written(tmp_path / "audit.db", 5)
    tamper(path, "UPDATE records SET hash = zeroblob(32) WHERE sequence = 0")
    assert faults(path) == ("record 0: its leaf does not match its hash",)


def test_a_leaf_that_is_no_record_is_found(tmp_path: Path) -> None:
    path = written(tmp_path / "audit.db", 5)
    tamper(path, "UPDATE records SET leaf = zeroblob(3) WHERE sequence = 3")
    assert "record 3: its leaf is not a record of this version" in faults(path)


def test_a_forged_record_with_its_own_hash_is_found(tmp_path: Path) -> None:
    """Leaf, hash and columns agree; the signed root does not."""
    path = written(tmp_path / "audit.db", 2, 4)
    origin = verify(path, RING.verifiers()).origin
    forged = leaf(body(numbered(2)), origin, 3)
    tamper(
        path,
        "UPDATE records SET leaf = ?, hash = ?, (tenant, time, request_id) = "
        "(SELECT tenant, time, request_id FROM records WHERE sequence = 2) WHERE sequence = 3",
        values=(forged, leaf_hash(forged)),
    )
    found = faults(path)
    assert found[0].startswith(
        "the checkpoint at 6: its root differs: a record from 2 to 5 was changed"
    )
    assert found[1:] == ("the log's head, at 6 records, does not match the records",)


@pytest.mark.parametrize(
    ("where", "fault"),
    [
        ("sequence = 3", "record 3 is missing"),
        ("sequence IN (2, 3)", "records 2 to 3 are missing"),
        ("sequence = 0", "record 0 is missing"),
    ],
)
def test_a_deleted_row_is_found(tmp_path: Path, where: str, fault: str) -> None:
    path = written(tmp_path / "audit.db", 5)
    tamper(path, f"DELETE FROM records WHERE {where}")  # noqa: S608
    assert faults(path)[0] == fault


def test_reordered_rows_are_found(tmp_path: Path) -> None:
    path = written(tmp_path / "audit.db", 5)
    tamper(
        path,
        "UPDATE records SET sequence = 99 WHERE sequence = 1",
        "UPDATE records SET sequence = 1 WHERE sequence = 2",
        "UPDATE records SET sequence = 2 WHERE sequence = 99",
    )
    found = faults(path)
    assert any(fault.startswith("record 1: its leaf says it is record 2") for fault in found)
    assert any("its root differs" in fault for fault in found)


def test_a_row_of_another_log_is_found(tmp_path: Path) -> None:
    path, other = written(tmp_path / "audit.db", 5), written(tmp_path / "other.db", 5)
    tamper(
        path,
        f"ATTACH '{other}' AS other",
        "UPDATE records SET (leaf, hash) = "
        "(SELECT leaf, hash FROM other.records WHERE sequence = 3) WHERE sequence = 3",
    )
    found = faults(path)
    assert found[0].startswith("record 3: its leaf says it is record 3 of sekisho/")


def test_missing_facts_are_found(tmp_path: Path) -> None:
    path = written(tmp_path / "audit.db", 2)
    tamper(path, "DELETE FROM facts")
    assert faults(path) == tuple(f"record {n}: the facts {FACTS_HASH} are missing" for n in (0, 1))


def test_an_entry_without_facts_needs_none(tmp_path: Path) -> None:
    assert ENTRY.facts_hash == ""
    path = written(tmp_path / "audit.db", 2)
    assert faults(path) == ()
