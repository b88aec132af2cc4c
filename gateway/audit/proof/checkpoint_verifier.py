"""Compares signed checkpoints with the tree, while it is rebuilt record by record."""

import heapq
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway.audit.proof.checkpoint import BadCheckpoint, Checkpoint, read
from gateway.audit.proof.merkle import CompactRange


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class _SignedCheckpoint:
    """A checkpoint with a valid signature. Ordered by size."""

    size: int
    label: str
    root: bytes


class CheckpointVerifier:
    """Verifies all checkpoints of a log in order of size, and one that was stored elsewhere.

    Args:
        connection: reads the log.
        keys: the public keys that may sign.
        origin: the log's name.
        kept: the note that was stored elsewhere.
        fault: called with the description of every fault.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        keys: Sequence[Ed25519PublicKey],
        origin: str,
        kept: bytes | None,
        fault: Callable[[str], None],
    ) -> None:
        self._keys = keys
        self._origin = origin
        self._fault = fault
        # Both are sorted by size. Merged lazily, so that memory does not grow with the log.
        self._pending = heapq.merge(self._stored(connection), self._kept(kept))
        self._next_due = next(self._pending, None)
        self._diverged = False
        self.checked = 0
        """How many checkpoints have a valid signature and match the tree."""
        self.signed = 0
        """How many records the last of these covers."""

    def advance(self, tree: CompactRange, following: int) -> None:
        """Compare the checkpoints of the tree's current size.

        Args:
            tree: over the records so far.
            following: the sequence number after the last record's; more than the tree's size when
                records are missing.
        """
        while self._next_due is not None and self._next_due.size <= following:
            self._compare(self._next_due, tree, following)
            self._next_due = next(self._pending, None)

    def end(self, following: int) -> None:
        """Report the checkpoints that cover more records than there are. Called after the last record."""
        while self._next_due is not None:
            self._fault(
                f"{self._next_due.label} covers {self._next_due.size} records, but the log ends at "
                f"{following}: its end was cut off"
            )
            self._next_due = next(self._pending, None)
        if not self.checked and not self._diverged:
            self._fault("no checkpoint is valid: nothing proves that the gateway wrote the records")

    def _compare(self, head: _SignedCheckpoint, tree: CompactRange, following: int) -> None:
        if self._diverged or tree.size != following:
            # A missing or changed record changes every later root. It was reported already.
            self._diverged = True
            return
        if head.root != tree.root():
            self._diverged = True
            self._fault(
                f"{head.label}: its root differs: a record from {self.signed} to "
                f"{head.size - 1} was changed, or the checkpoint is of another log"
            )
            return
        self.checked += 1
        self.signed = head.size

    def _stored(self, connection: sqlite3.Connection) -> Iterator[_SignedCheckpoint]:
        for size, note in connection.execute("SELECT size, note FROM checkpoints ORDER BY size"):
            label = f"the checkpoint at {size}"
            found = self._read(note, label)
            if found is not None and found.size != size:
                self._fault(f"{label} is the one at {found.size}")
            elif found is not None:
                yield _SignedCheckpoint(size=size, label=label, root=found.root)

    def _kept(self, note: bytes | None) -> Iterator[_SignedCheckpoint]:
        label = "the checkpoint that was stored elsewhere"
        found = None if note is None else self._read(note, label)
        if found is not None:
            yield _SignedCheckpoint(size=found.size, label=label, root=found.root)

    def _read(self, note: object, label: str) -> Checkpoint | None:
        try:
            found = read(note if isinstance(note, bytes) else b"", self._keys)
        except BadCheckpoint as error:
            self._fault(f"{label} is invalid: {error}")
            return None
        if found.origin != self._origin:
            self._fault(f"{label} is of another log, {found.origin}")
            return None
        return found
