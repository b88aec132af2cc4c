"""A log in one SQLite file: write-ahead logging, an fsync at each commit, a single writing process."""

import fcntl
import os
import sqlite3
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from gateway import timeouts
from gateway.audit import schema
from gateway.audit.proof.merkle import HASH_BYTES, CompactRange
from gateway.audit.store import Head, Row, StoreError

_WAL_BYTES_KEPT: Final = 64 * 1024 * 1024

_APPEND: Final = (
    f"INSERT INTO records (sequence, leaf, hash, {', '.join(schema.COLUMNS)}) "  # noqa: S608
    f"VALUES (?, ?, ?{', ?' * len(schema.COLUMNS)})"
)


class SqliteStore:
    """Stores a log in the file at ``path``; a lock file next to it excludes a second writer."""

    def __init__(self, path: Path) -> None:
        self._path: Final = path.absolute()
        self._files: Final = (self._path, Path(f"{self._path}-wal"))
        self._lock: int | None = None
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[tuple[int, int], ...] = ()

    def open(self, new_origin: str | None) -> Head:
        """See :class:`~gateway.audit.store.Store`."""
        try:
            # Before the file is opened: a second gateway must not even create it.
            self._take_lock()
            with self._translated():
                self._connection = connection = self._connect(create=new_origin is not None)
                if new_origin is not None and schema.is_empty(connection):
                    self._create(connection, new_origin)
                schema.check(connection)
                self._use_wal(connection)
                # After the first write, which creates the write-ahead log.
                self._identity = self._stat()
                return self._head(connection)
        except StoreError:
            self.close()
            raise

    def append(self, rows: Sequence[Row], facts: Mapping[str, bytes], tree: CompactRange) -> None:
        """See :class:`~gateway.audit.store.Store`. Everything is written in one transaction."""
        with self._transaction() as connection:
            connection.executemany(_APPEND, map(_values, rows))
            if facts:
                connection.executemany(
                    "INSERT INTO facts (hash, document) VALUES (?, ?) ON CONFLICT DO NOTHING",
                    facts.items(),
                )
            connection.execute(
                "UPDATE log SET size = ?, hashes = ?", (tree.size, b"".join(tree.hashes))
            )

    def checkpoint(self, size: int, note: bytes) -> None:
        """See :class:`~gateway.audit.store.Store`."""
        with self._transaction() as connection:
            connection.execute(
                # A commit that was reported as failed may have stored it already.
                "INSERT INTO checkpoints (size, note) VALUES (?, ?) ON CONFLICT DO NOTHING",
                (size, note),
            )

    def probe(self) -> None:
        """See :class:`~gateway.audit.store.Store`. SQLite writes the page although the value does not change."""
        with self._transaction() as connection:
            connection.execute("UPDATE log SET size = size")

    def hashes(self, start: int) -> Iterator[bytes]:
        """See :class:`~gateway.audit.store.Store`."""
        with self._translated():
            rows = self._opened().execute(
                "SELECT hash FROM records WHERE sequence >= ? ORDER BY sequence", (start,)
            )
            for (found,) in rows:
                yield found

    def close(self) -> None:
        """See :class:`~gateway.audit.store.Store`."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _take_lock(self) -> None:
        """Take a lock that the system releases when the process ends, even if it is killed.

        SQLite's own locks are no alternative: an exclusive one would also exclude readers.
        """
        try:
            # O_CLOEXEC: a child process would otherwise inherit the lock and hold it after this process has ended.
            self._lock = os.open(f"{self._path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreError(f"{self._path}: another gateway is writing this audit log") from None
        except OSError as error:
            raise StoreError(f"{self._path}: can't be opened: {error.strerror}") from error

    def _connect(self, *, create: bool) -> sqlite3.Connection:
        if create:
            # Created here with mode 0600: SQLite would create it readable by others, depending on the umask.
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(
            # rw, not rwc: a log that has vanished must not be replaced by an empty one.
            f"{self._path.as_uri()}?mode=rw",
            uri=True,
            timeout=timeouts.AUDIT_BUSY,
            isolation_level=None,  # transactions are explicit below
            check_same_thread=False,  # used by one thread at a time, not always the one that opened it
        )
        connection.execute("PRAGMA trusted_schema = OFF")
        return connection

    def _create(self, connection: sqlite3.Connection, origin: str) -> None:
        # One transaction: a crash leaves an empty file, and not half a schema.
        connection.execute("BEGIN EXCLUSIVE")
        schema.create(connection)
        connection.execute(
            "INSERT INTO log (id, origin, size, hashes) VALUES (0, ?, 0, x'')", (origin,)
        )
        connection.execute("COMMIT")

    def _use_wal(self, connection: sqlite3.Connection) -> None:
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise StoreError(f"{self._path}: the file system does not support write-ahead logging")
        # In WAL mode, only FULL syncs at every commit; the usual NORMAL may lose acknowledged records at a power loss.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA journal_size_limit = {_WAL_BYTES_KEPT}")
        # The first write creates the write-ahead log, so that its identity can be recorded and compared from now on.
        connection.execute("UPDATE log SET size = size")

    def _head(self, connection: sqlite3.Connection) -> Head:
        found = connection.execute("SELECT origin, size, hashes FROM log").fetchone()
        last = connection.execute("SELECT max(sequence) FROM records").fetchone()[0]
        signed = connection.execute(
            "SELECT size, note FROM checkpoints ORDER BY size DESC LIMIT 1"
        ).fetchone()
        if found is None:
            raise StoreError(f"{self._path}: the audit log is damaged: it has no head")
        origin, size, joined = found
        if size != (0 if last is None else last + 1):
            raise StoreError(
                f"{self._path}: the audit log is damaged: records are missing at its end"
            )
        return Head(
            origin=origin,
            tree=self._tree(size, joined),
            checkpoint=signed[1] if signed else None,
            checkpoint_size=signed[0] if signed else 0,
        )

    def _tree(self, size: int, joined: bytes) -> CompactRange:
        parts = [joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES)]
        try:
            return CompactRange(size=size, hashes=parts)
        except ValueError:
            raise StoreError(
                f"{self._path}: the audit log is damaged: its tree does not fit its size"
            ) from None

    @contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection]:
        """Commit what the block wrote, and check that it went to the file that has the path now."""
        connection = self._opened()
        # No rollback: after any failure the log closes the store, and opens it
        # again before the next write.
        with self._translated():
            connection.execute("BEGIN IMMEDIATE")  # take the write lock now, not at the first write
            yield connection
            connection.execute("COMMIT")
        if self._stat() != self._identity:
            raise StoreError(f"{self._path}: the file was moved or replaced")

    @contextmanager
    def _translated(self) -> Generator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{self._path}: {error}") from error

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            raise StoreError(f"{self._path}: not open")
        return self._connection

    def _stat(self) -> tuple[tuple[int, int], ...]:
        """The identity of the files that the path and its write-ahead log name now.

        Writes to an open file succeed even after it was moved or deleted, but nobody would find them.
        """
        try:
            found = [file.stat() for file in self._files]
        except OSError as error:
            raise StoreError(f"{self._path}: {error.strerror}") from error
        return tuple((status.st_dev, status.st_ino) for status in found)


def _values(row: Row) -> tuple[int | str | bytes, ...]:
    columns = (getattr(row.entry, name) for name in schema.COLUMNS)
    return (row.sequence, row.leaf, row.hash, *columns)
