"""The SQLite schema of a log, and the check that a file has it."""

import sqlite3
from contextlib import closing
from functools import cache
from typing import Final

from gateway.audit.store import StoreError

APPLICATION_ID: Final = 0x53_4B_53_4F
"""``SKSO`` in the file's header (SQLite file format, section 1.3.15)."""
VERSION: Final = 1

COLUMNS: Final = (
    "kind",
    "time",
    "request_id",
    "tenant",
    "app",
    "model",
    "deployment",
    "outcome",
    "code",
)
"""Fields of an entry that are also stored as columns, for searching; ``verify`` compares them with the leaf."""

# STRICT: without it, SQLite would store a text in an INTEGER column, and comparisons would depend on the type.
SCHEMA: Final = (
    f"""
    CREATE TABLE records (
        sequence INTEGER PRIMARY KEY,
        leaf BLOB NOT NULL,
        hash BLOB NOT NULL,
        {", ".join(f"{name} TEXT NOT NULL" for name in COLUMNS)}
    ) STRICT
    """,
    "CREATE INDEX records_by_request ON records (request_id)",
    "CREATE INDEX records_by_time ON records (time)",
    "CREATE TABLE facts (hash TEXT PRIMARY KEY, document BLOB NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE checkpoints (size INTEGER PRIMARY KEY, note BLOB NOT NULL) STRICT",
    """
    CREATE TABLE log (
        id INTEGER PRIMARY KEY CHECK (id = 0),
        origin TEXT NOT NULL,
        size INTEGER NOT NULL,
        hashes BLOB NOT NULL
    ) STRICT
    """,
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {VERSION}",
)

_OBJECTS: Final = "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema ORDER BY name"


def create(connection: sqlite3.Connection) -> None:
    """Create the schema in an empty file."""
    for statement in SCHEMA:
        connection.execute(statement)


def is_empty(connection: sqlite3.Connection) -> bool:
    """Whether the file has no content yet."""
    # A file that another application has marked as its own is not empty, even without tables.
    (objects,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    return objects == 0 and _pragma(connection, "application_id") == 0


def check(connection: sqlite3.Connection) -> None:
    """Check that the file is a log of this version.

    Raises:
        StoreError: when it is not.
    """
    if _pragma(connection, "application_id") != APPLICATION_ID:
        raise StoreError("the file is not an audit log")
    version = _pragma(connection, "user_version")
    if version != VERSION:
        raise StoreError(f"the audit log has schema {version}; this version reads {VERSION}")
    if connection.execute(_OBJECTS).fetchall() != _expected():
        raise StoreError("the audit log's schema was changed")


@cache
def _expected() -> list[tuple[str, ...]]:
    """The schema as SQLite stores it, for an exact comparison: no trigger, view or weaker column passes."""
    with closing(sqlite3.connect(":memory:")) as connection:
        create(connection)
        return connection.execute(_OBJECTS).fetchall()


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    (value,) = connection.execute(f"PRAGMA {name}").fetchone()
    return int(value)
