"""The audit log as the gateway uses it: when ``append`` returns, the entry is on stable storage."""

import asyncio
import hashlib
import time
from typing import Final

from gateway import timeouts
from gateway.audit.canonical import MalformedRecord, body
from gateway.audit.entry import AuditEntry, AuditRecord
from gateway.audit.merkle_log import Item, MerkleLog
from gateway.audit.store import Store, StoreError
from gateway.audit.writer import Writer
from gateway.errors import AuditUnavailable, ConfigError
from gateway.keys import KeyRing

BACKLOG: Final = 10_000

_PUBLIC: Final = "The audit log can't be written now, so the request is refused. Try again later."


class AuditLog:
    """An append-only log of entries in a Merkle tree, whose head is signed at intervals.

    While the store fails, appends raise; once it works again, they succeed without a restart.

    Args:
        store: where the log is stored.
        origin: the first part of a new log's name; see :class:`~gateway.audit.merkle_log.MerkleLog`.
        ring: the keys that sign checkpoints.
        checkpoint_seconds: time between signed checkpoints, when there are new records.
        write_seconds: how long an append may take.
        backlog: how many appends may wait at once.
    """

    def __init__(
        self,
        store: Store,
        *,
        origin: str,
        ring: KeyRing,
        checkpoint_seconds: float,
        write_seconds: float = timeouts.AUDIT_WRITE,
        backlog: int = BACKLOG,
    ) -> None:
        self._merkle_log: Final = MerkleLog(store, origin=origin, ring=ring)
        self._checkpoint_seconds: Final = checkpoint_seconds
        self._write_seconds: Final = write_seconds
        self._backlog: Final = backlog
        self._writer: Writer | None = None

    async def start(self) -> None:
        """Open the log, or create it, and sign its head.

        Raises:
            ConfigError: when it can't be used: not an audit log, damaged, or in use by another process.
        """
        writer = Writer(
            self._merkle_log, checkpoint_seconds=self._checkpoint_seconds, backlog=self._backlog
        )
        try:
            await writer.run(self._merkle_log.open)
        except StoreError as error:
            # On the writing thread, which this also ends.
            await writer.run(self._merkle_log.close, last=True)
            raise ConfigError([f"audit.store: {error}"]) from None
        self._writer = writer

    async def append(self, entry: AuditEntry, facts: bytes | None = None) -> AuditRecord:
        """Record an entry; it is on stable storage when this returns.

        The entry is written even if the caller is cancelled meanwhile. When this raises, the entry
        may still be in the log.

        Args:
            entry: what to record.
            facts: the document that ``entry.facts_hash`` is the SHA-256 of; stored once per content.

        Raises:
            AuditUnavailable: whatever the cause.
        """
        try:
            # Serialised here, before it is queued: an invalid entry fails
            # alone, and not with its batch.
            item = Item(entry=entry, body=body(entry), facts=_matching(entry, facts))
            return await self._written(item, self._opened())
        except (StoreError, MalformedRecord, TimeoutError) as error:
            raise AuditUnavailable(_PUBLIC) from error

    async def ready(self) -> bool:
        """Whether records can be written now: one was written recently, or a probe succeeds."""
        try:
            writer = self._opened()
            if time.monotonic() - writer.written_at < timeouts.AUDIT_PROBE:
                return True
            async with asyncio.timeout(self._write_seconds):
                # Shielded: concurrent callers share one probe, and the time-out of one must not cancel it for all.
                await asyncio.shield(writer.probe())
        except (StoreError, TimeoutError):
            return False
        return True

    async def close(self) -> None:
        """Write what is queued, sign the head, and close the store.

        Raises:
            AuditUnavailable: when the last checkpoint could not be written. The log is closed anyway.
        """
        # First of all: appends from now on are refused, and none is queued behind the last task.
        writer, self._writer = self._writer, None
        if writer is None:
            return
        try:
            await writer.run(self._finish, last=True)
        except StoreError as error:
            raise AuditUnavailable(
                "The audit log's last checkpoint could not be written."
            ) from error

    async def _written(self, item: Item, writer: Writer) -> AuditRecord:
        try:
            async with asyncio.timeout(self._write_seconds):
                return await writer.append(item)
        except TimeoutError:
            # So that `ready` probes instead of trusting an earlier write.
            writer.written_at = float("-inf")
            raise

    def _finish(self) -> None:
        try:
            self._merkle_log.checkpoint()
        finally:
            self._merkle_log.close()

    def _opened(self) -> Writer:
        if self._writer is None:
            raise StoreError("the audit log is not open")
        return self._writer


def _matching(entry: AuditEntry, facts: bytes | None) -> bytes | None:
    """The facts document, when the entry refers to one."""
    if facts is None or not entry.facts_hash:
        return None
    if hashlib.sha256(facts).hexdigest() != entry.facts_hash:
        raise MalformedRecord("the facts are not those that the entry names")
    return facts
