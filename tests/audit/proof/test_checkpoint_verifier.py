"""What the check of signed checkpoints finds: cut, forged, replayed, of another log."""

import asyncio
from pathlib import Path

import pytest

from gateway.audit.proof.checkpoint import Checkpoint, sign
from gateway.audit.proof.verify import verify
from gateway.audit.search import last_checkpoint
from gateway.keys import KeyRing
from tests.audit.logs import RING, tamper, write, written

STRANGER = KeyRing.new()


def faults(path: Path, kept: bytes | None = None) -> tuple[str, ...]:
    return verify(path, RING.verifiers(), kept=kept).faults


def kept(path: Path) -> bytes:
    note = last_checkpoint(path)
    assert note is not None
    return note


def _rewind(path: Path, size: int, hashes: bytes) -> None:
    """Cut the log's end off, and make its head fit."""
    tamper(path, f"DELETE FROM records WHERE sequence >= {size}")  # noqa: S608
    tamper(path, "UPDATE log SET size = ?, hashes = ?", values=(size, hashes))


def _copy(path: Path, to: Path) -> Path:
    to.write_bytes(path.read_bytes())
    return to


def test_every_checkpoint_is_checked(tmp_path: Path) -> None:
    path = written(tmp_path / "audit.db", 3, 4, 1)
    report = verify(path, RING.verifiers())
    assert report.ok
    assert (report.records, report.signed, report.checkpoints) == (8, 8, 4)


def test_a_cut_tail_is_found_by_the_last_checkpoint(tmp_path: Path) -> None:
    path = written(tmp_path / "audit.db", 4)
    _rewind(path, 2, b"")
    found = faults(path)
    assert found[0] == (
        "the checkpoint at 4 covers 4 records, but the log ends at 2: its end was cut off"
    )


def test_a_log_rewound_to_an_old_checkpoint_is_found_by_the_one_that_was_kept(
    tmp_path: Path,
) -> None:
    """Without it, the older log is a good log: that is why checkpoints are kept elsewhere."""
    path = written(tmp_path / "audit.db", 4)
    old = _copy(path, tmp_path / "old.db")
    written_on = written_more(path)
    assert faults(old) == ()
    assert faults(old, kept(written_on)) == (
        "the checkpoint that was stored elsewhere covers 6 records, but the log ends at 4: its end was cut off",
    )
    assert faults(written_on, kept(old)) == ()


def written_more(path: Path) -> Path:
    asyncio.run(write(path, 2, start=4))
    return path


def test_two_histories_are_distinguished_by_the_checkpoint_that_was_kept(tmp_path: Path) -> None:
    path = written(tmp_path / "audit.db", 4)
    fork = _copy(path, tmp_path / "fork.db")
    written_more(path)
    written(fork, 7)
    assert faults(fork) == ()
    assert "its root differs" in faults(fork, kept(path))[0]


def test_a_forged_checkpoint_is_found(tmp_path: Path) -> None:
    path = written(tmp_path / "audit.db", 4)
    report = verify(path, RING.verifiers())
    head = Checkpoint(origin=report.origin, size=4, root=bytes.fromhex(report.root))
    tamper(
        path,
        "UPDATE checkpoints SET note = ? WHERE size = 4",
        values=(sign(head, STRANGER.signer()[1]),),
    )
    assert faults(path) == ("the checkpoint at 4 is invalid: it is not signed by a known key",)


def test_a_changed_note_is_found(tmp_path: Path) -> None:
    path = written(tmp_path / "audit.db", 4)
    tamper(path, "UPDATE checkpoints SET note = zeroblob(4) WHERE size = 4")
    assert faults(path) == ("the checkpoint at 4 is invalid: it is not a checkpoint note",)


def test_a_replayed_checkpoint_is_found(tmp_path: Path) -> None:
    path = written(tmp_path / "audit.db", 2, 2)
    tamper(
        path,
        "UPDATE checkpoints SET note = (SELECT note FROM checkpoints WHERE size = 2)"
        " WHERE size = 4",
    )
    assert faults(path) == ("the checkpoint at 4 is the one at 2",)


def test_a_checkpoint_of_another_log_is_found(tmp_path: Path) -> None:
    path, other = written(tmp_path / "audit.db", 4), written(tmp_path / "other.db", 4)
    found = faults(path, kept(other))
    assert len(found) == 1
    assert found[0].startswith(
        "the checkpoint that was stored elsewhere is of another log, sekisho/"
    )


def test_a_log_without_checkpoints_proves_nothing(tmp_path: Path) -> None:
    path = written(tmp_path / "audit.db", 4)
    tamper(path, "DELETE FROM checkpoints")
    assert faults(path) == (
        "no checkpoint is valid: nothing proves that the gateway wrote the records",
    )
    report = verify(path, RING.verifiers())
    assert report.signed == 0


def test_another_ring_accepts_nothing(tmp_path: Path) -> None:
    path = written(tmp_path / "audit.db", 4)
    found = verify(path, STRANGER.verifiers()).faults
    assert len(found) == 3
    assert all("known key" in fault or "no checkpoint" in fault for fault in found)


def test_a_rotated_ring_accepts_the_old_signatures(tmp_path: Path) -> None:
    path = written(tmp_path / "audit.db", 4)
    rotated = RING.rotate()
    asyncio.run(write(path, 2, ring=rotated, start=4))
    assert verify(path, rotated.verifiers()).ok
    assert not verify(path, RING.verifiers()).ok


@pytest.mark.parametrize("note", [b"", b"\xff", b"x"])
def test_a_kept_file_that_is_no_checkpoint_is_a_fault(tmp_path: Path, note: bytes) -> None:
    path = written(tmp_path / "audit.db", 1)
    assert faults(path, note) == (
        "the checkpoint that was stored elsewhere is invalid: it is not a checkpoint note",
    )
