"""Read-only access to a log's file, also while the gateway is writing it."""

import os
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

from gateway.audit import schema
from gateway.audit.store import StoreError


@contextmanager
def reading(path: Path) -> Generator[sqlite3.Connection]:
    """A read-only connection in one transaction, which sees one consistent state of the log.

    Raises:
        StoreError: when there is no such file, or it is not an audit log of this version.
    """
    if not path.is_file():
        raise StoreError(f"{path}: no such file")
    try:
        with closing(_connect(path.absolute())) as connection:
            # The file may be evidence from someone else: its schema must not run functions with side effects.
            connection.execute("PRAGMA trusted_schema = OFF")
            # In WAL mode the first read fixes the state that all later ones see, while
            # the gateway goes on writing.
            connection.execute("BEGIN")
            schema.check(connection)
            yield connection
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error}") from error
    except OSError as error:
        raise StoreError(f"{path}: can't be read: {error.strerror}") from error


def _connect(path: Path) -> sqlite3.Connection:
    mode = "mode=ro"
    if not os.access(path.parent, os.W_OK) and not Path(f"{path}-wal").exists():
        # On read-only media, SQLite can't create its lock files. It needs none: nobody else can write there either.
        mode += "&immutable=1"
    # No isolation level: Python would begin and end transactions by itself.
    connection = sqlite3.connect(f"{path.as_uri()}?{mode}", uri=True, isolation_level=None)
    connection.text_factory = _decode
    return connection


def _decode(raw: bytes) -> str:
    """Decode damaged text too: it is then reported as different, and reading continues."""
    return raw.decode(errors="replace")
