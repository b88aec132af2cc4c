"""The Merkle log over a store: assigns sequence numbers, extends the tree, signs checkpoints.

Blocking, and used by one thread at a time. When the store fails, it is closed, and reopened at the
next write; writing continues only if the store still holds everything that was acknowledged.
"""

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from gateway.audit.canonical import leaf
from gateway.audit.entry import AuditEntry, AuditRecord
from gateway.audit.proof.checkpoint import BadCheckpoint, Checkpoint, read, sign
from gateway.audit.proof.merkle import CompactRange, leaf_hash
from gateway.audit.store import Head, Row, Store, StoreError
from gateway.keys import KeyRing

_ORIGIN_SUFFIX_BYTES: Final = 8
_FACTS_CACHE_SIZE: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An entry to record: its canonical ``body``, and the facts that its ``facts_hash`` names."""

    entry: AuditEntry
    body: bytes
    facts: bytes | None = field(default=None, repr=False)


class MerkleLog:
    """The writing side of a log.

    Args:
        store: where the log is stored.
        origin: the first part of a new log's name; a random second part makes it unique, so that
            replicas with the same configuration have distinct logs. An existing log keeps its name.
        ring: signs checkpoints, and must hold the key that signed the last one.
    """

    def __init__(self, store: Store, *, origin: str, ring: KeyRing) -> None:
        self._store: Final = store
        self._new_origin: Final = f"{origin}/{secrets.token_hex(_ORIGIN_SUFFIX_BYTES)}"
        self._ring: Final = ring
        self._origin = ""
        self._tree = CompactRange()
        # Not 0, since the head of an empty log is signed too.
        self._signed = -1
        self._facts: set[str] = set()
        self._opened = False

    def open(self) -> None:
        """Open or create the log, and sign its head unless it is signed.

        Raises:
            StoreError: when it can't be opened, is damaged, or was signed with an unknown key.
        """
        try:
            # The checkpoint is verified before anything is signed: a damaged log
            # must not get a valid signature.
            self._adopt(self._store.open(self._new_origin))
            self._sign_head()
        except StoreError:
            self.close()
            raise

    def append(self, items: Sequence[Item]) -> list[AuditRecord]:
        """Store all items durably, in order, in one commit.

        Raises:
            StoreError: when it is not known whether they are durable; all or none of them are.
        """
        self._reopen()
        # A copy, which replaces the tree only after the commit: a failed write must not extend it.
        tree = self._tree.copy()
        rows = [self._row(item, tree) for item in items]
        facts = {
            item.entry.facts_hash: item.facts
            for item in items
            if item.facts is not None and item.entry.facts_hash not in self._facts
        }
        self._write(lambda: self._store.append(rows, facts, tree))
        self._tree = tree
        self._remember(facts)
        return [self._record(row) for row in rows]

    def checkpoint(self) -> None:
        """Sign the head of the tree, unless it is already signed.

        Raises:
            StoreError: when the checkpoint is not known to be durable.
        """
        self._reopen()
        self._write(self._sign_head)

    def probe(self) -> None:
        """Check that records can be written now.

        Raises:
            StoreError: when they can't.
        """
        self._reopen()
        self._write(self._store.probe)

    def close(self) -> None:
        """Close the store."""
        self._opened = False
        self._store.close()

    def _write(self, operation: Callable[[], None]) -> None:
        try:
            operation()
        except StoreError:
            self.close()
            raise

    def _reopen(self) -> None:
        """Open the store again after a failure, if it still holds everything that was acknowledged."""
        if self._opened:
            return
        try:
            head = self._store.open(None)
            self._check_continuity(head)
            self._adopt(head)
        except StoreError:
            self.close()
            raise

    def _adopt(self, head: Head) -> None:
        self._check_checkpoint(head)
        self._origin = head.origin
        self._tree = head.tree
        self._signed = -1 if head.checkpoint is None else head.checkpoint_size
        self._facts.clear()  # another file may hold other documents
        self._opened = True

    def _check_continuity(self, head: Head) -> None:
        """Check that the stored tree is the known one, or an extension of it.

        A commit that was reported as failed may have reached the disk nevertheless.
        """
        tree = self._tree.copy()
        if head.origin == self._origin and head.tree.size >= tree.size:
            for found in self._store.hashes(tree.size):
                tree.append(found)
            if tree == head.tree:
                return
        raise StoreError(
            "the audit log is not the one that was written before, or records are missing"
        )

    def _check_checkpoint(self, head: Head) -> None:
        if head.checkpoint is None:
            return
        try:
            signed = read(head.checkpoint, self._ring.verifiers().values())
        except BadCheckpoint as error:
            raise StoreError(
                f"the audit log's last checkpoint is invalid: {error}; is this the right key ring?"
            ) from None
        if (signed.origin, signed.size) != (head.origin, head.checkpoint_size):
            raise StoreError("the audit log's last checkpoint is that of another log or size")
        if signed.size > head.tree.size:
            raise StoreError("the audit log is damaged: it is shorter than its last checkpoint")
        if signed.size == head.tree.size and signed.root != head.tree.root():
            raise StoreError("the audit log is damaged: its tree differs from its last checkpoint")

    def _sign_head(self) -> None:
        size = self._tree.size
        if size == self._signed:
            return
        _, key = self._ring.signer()
        head = Checkpoint(origin=self._origin, size=size, root=self._tree.root())
        self._store.checkpoint(size, sign(head, key))
        self._signed = size

    def _row(self, item: Item, tree: CompactRange) -> Row:
        raw = leaf(item.body, self._origin, tree.size)
        row = Row(sequence=tree.size, leaf=raw, hash=leaf_hash(raw), entry=item.entry)
        tree.append(row.hash)
        return row

    def _record(self, row: Row) -> AuditRecord:
        return AuditRecord(
            origin=self._origin, sequence=row.sequence, entry=row.entry, leaf=row.hash
        )

    def _remember(self, hashes: Iterable[str]) -> None:
        """Note the documents that the store holds, so that they are not written again."""
        # Clearing is safe: a document that is written again conflicts and is ignored by the store.
        if len(self._facts) > _FACTS_CACHE_SIZE:
            self._facts.clear()
        self._facts.update(hashes)
