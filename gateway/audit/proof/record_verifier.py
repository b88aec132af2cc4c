"""Verifies stored records: hash, position, columns, and the facts that they refer to."""

import sqlite3
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from gateway.audit import schema
from gateway.audit.canonical import MalformedRecord, parse
from gateway.audit.entry import AuditRecord
from gateway.audit.proof.merkle import leaf_hash

_FACTS_CACHE_SIZE: Final = 10_000


class RecordVerifier:
    """Verifies records in the order of their sequence numbers.

    Args:
        connection: reads the log.
        origin: the log's name.
        fault: called with the description of every fault.
    """

    def __init__(
        self, connection: sqlite3.Connection, origin: str, fault: Callable[[str], None]
    ) -> None:
        self._connection = connection
        self._origin = origin
        self._fault = fault
        self._has_facts = lru_cache(_FACTS_CACHE_SIZE)(self._find_facts)
        self.next = 0
        """The sequence number that the next record must have."""

    def check(self, row: tuple[Any, ...]) -> bytes:
        """The leaf hash of the record, computed from its stored leaf.

        Args:
            row: sequence, leaf, hash, and the columns of ``schema.COLUMNS``.
        """
        sequence, raw, stored, *columns = row
        if sequence != self.next:
            self._fault(_gap(self.next, sequence))
        self.next = sequence + 1
        if not isinstance(raw, bytes):
            raw = b""  # damaged: reported below as a leaf that does not match
        found = leaf_hash(raw)
        if found != stored:
            self._fault(f"record {sequence}: its leaf does not match its hash")
        self._check_leaf(sequence, raw, columns)
        return found

    def _check_leaf(self, sequence: int, raw: bytes, columns: list[Any]) -> None:
        try:
            record = parse(raw)
        except MalformedRecord as error:
            self._fault(f"record {sequence}: its leaf is {error}")
            return
        if (record.origin, record.sequence) != (self._origin, sequence):
            self._fault(
                f"record {sequence}: its leaf says it is record {record.sequence} of "
                f"{record.origin}"
            )
        # The columns are not hashed: an edited one would mislead a
        # search without changing the tree.
        self._check_columns(record, columns)
        needed = record.entry.facts_hash
        if needed and not self._has_facts(needed):
            self._fault(f"record {sequence}: the facts {needed} are missing")

    def _check_columns(self, record: AuditRecord, columns: list[Any]) -> None:
        for name, found in zip(schema.COLUMNS, columns, strict=True):
            if found != getattr(record.entry, name):
                self._fault(
                    f"record {record.sequence}: the column {name} differs from the hashed leaf"
                )

    def _find_facts(self, facts_hash: str) -> bool:
        found = self._connection.execute("SELECT 1 FROM facts WHERE hash = ?", (facts_hash,))
        return found.fetchone() is not None


def _gap(expected: int, sequence: int) -> str:
    last = sequence - 1
    if last == expected:
        return f"record {expected} is missing"
    return f"records {expected} to {last} are missing"
