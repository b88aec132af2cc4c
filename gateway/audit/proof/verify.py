"""Verifies a log from its file and public keys alone: without a gateway, a key ring, or trust in the columns.

Every leaf is hashed again from its stored bytes, and the tree is rebuilt from the first record; each
checkpoint must be signed and match the tree at its size. Memory use does not depend on the size of the log.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway.audit import schema
from gateway.audit.proof.checkpoint_verifier import CheckpointVerifier
from gateway.audit.proof.merkle import CompactRange
from gateway.audit.proof.record_verifier import RecordVerifier
from gateway.audit.reader import reading
from gateway.audit.store import StoreError

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the records checked so far and the number expected."""

FAULTS_LISTED: Final = 100
_PROGRESS_EVERY: Final = 1000
_RECORDS: Final = (
    f"SELECT sequence, leaf, hash, {', '.join(schema.COLUMNS)} "  # noqa: S608  # constants only
    "FROM records ORDER BY sequence"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was verified, and every fault.

    ``root`` is the tree's root in hexadecimal. ``signed`` is how many records the last valid
    checkpoint covers: later ones could be removed unnoticed until the next checkpoint.
    """

    path: str
    origin: str
    records: int
    root: str
    signed: int
    checkpoints: int
    facts: int
    faults: tuple[str, ...]
    """At most :data:`FAULTS_LISTED`; the last one then says how many more there are."""

    @property
    def ok(self) -> bool:
        """Whether there is no fault."""
        return not self.faults


class _Faults:
    """A bounded list of faults: a completely damaged log has one for each record."""

    def __init__(self) -> None:
        self._listed: list[str] = []
        self._omitted = 0

    def add(self, fault: str) -> None:
        if len(self._listed) < FAULTS_LISTED - 1:
            self._listed.append(fault)
        else:
            self._omitted += 1

    def all(self) -> tuple[str, ...]:
        more = (f"and {self._omitted} more faults",) if self._omitted else ()
        return (*self._listed, *more)


def verify(
    path: Path,
    verifiers: Mapping[str, Ed25519PublicKey],
    *,
    kept: bytes | None = None,
    progress: Progress | None = None,
) -> Report:
    """Verify a complete log.

    Args:
        path: the log's file.
        verifiers: the public keys that may sign its checkpoints.
        kept: a checkpoint note that was stored elsewhere; the log must contain what it covers.
        progress: called with the progress from time to time.

    Raises:
        StoreError: when there is no such file.
    """
    if not path.is_file():
        raise StoreError(f"{path}: no such file")
    check = _Check(path, verifiers)
    try:
        with reading(path) as connection:
            check.run(connection, kept, progress)
    except StoreError as error:
        # A damaged page ends the reading. The faults found before it are reported too.
        check.faults.add(str(error))
    return check.report()


class _Check:
    """One run over a log."""

    def __init__(self, path: Path, verifiers: Mapping[str, Ed25519PublicKey]) -> None:
        self._path = path
        self._keys = tuple(verifiers.values())
        self._origin = ""
        self._tree = CompactRange()
        self._signed = self._checkpoints = self._facts = 0
        self.faults = _Faults()

    def run(
        self, connection: sqlite3.Connection, kept: bytes | None, progress: Progress | None
    ) -> None:
        # The head is compared at the end: it is not covered by a hash, only by the recomputed tree.
        head = connection.execute("SELECT origin, size, hashes FROM log").fetchone()
        if head is None:
            self.faults.add("the log has no head")
            return
        self._origin, size, hashes = head
        self._check_pages(connection)
        self._check_facts(connection)
        self._check_records(connection, kept, progress)
        if (self._tree.size, b"".join(self._tree.hashes)) != (size, hashes):
            self.faults.add(f"the log's head, at {size} records, does not match the records")

    def report(self) -> Report:
        return Report(
            path=str(self._path),
            origin=self._origin,
            records=self._tree.size,
            root=self._tree.root().hex(),
            signed=self._signed,
            checkpoints=self._checkpoints,
            facts=self._facts,
            faults=self.faults.all(),
        )

    def _check_pages(self, connection: sqlite3.Connection) -> None:
        """SQLite's own check, which also compares each index with its table."""
        for (line,) in connection.execute("PRAGMA integrity_check(10)"):
            if line != "ok":
                self.faults.add(f"the file is damaged: {line}")

    def _check_facts(self, connection: sqlite3.Connection) -> None:
        for name, document in connection.execute("SELECT hash, document FROM facts"):
            self._facts += 1
            if not isinstance(document, bytes) or hashlib.sha256(document).hexdigest() != name:
                self.faults.add(f"facts {name}: the document is not the one of this hash")

    def _check_records(
        self, connection: sqlite3.Connection, kept: bytes | None, progress: Progress | None
    ) -> None:
        verifier = CheckpointVerifier(connection, self._keys, self._origin, kept, self.faults.add)
        rows = RecordVerifier(connection, self._origin, self.faults.add)
        total = _count(connection)
        # Before the first record: a checkpoint of the empty log is due at size 0.
        verifier.advance(self._tree, rows.next)
        for row in connection.execute(_RECORDS):
            self._tree.append(rows.check(row))
            verifier.advance(self._tree, rows.next)
            if progress is not None and self._tree.size % _PROGRESS_EVERY == 0:
                progress(self._tree.size, total)
        verifier.end(rows.next)
        self._signed, self._checkpoints = verifier.signed, verifier.checked


def _count(connection: sqlite3.Connection) -> int:
    (last,) = connection.execute("SELECT coalesce(max(sequence) + 1, 0) FROM records").fetchone()
    return int(last)
