"""A file is a log of this version, or it is refused."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields

import pytest

from gateway.audit import schema
from gateway.audit.entry import AuditEntry
from gateway.audit.store import StoreError


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        yield connection


def test_a_created_log_passes(connection: sqlite3.Connection) -> None:
    assert schema.is_empty(connection)
    schema.create(connection)
    assert not schema.is_empty(connection)
    schema.check(connection)


def test_columns_are_fields_of_an_entry() -> None:
    assert set(schema.COLUMNS) < {item.name for item in fields(AuditEntry)}


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("PRAGMA application_id = 1", "not an audit log"),
        ("PRAGMA user_version = 2", "has schema 2; this version reads 1"),
        ("DROP INDEX records_by_time", "schema was changed"),
        ("ALTER TABLE records ADD COLUMN extra TEXT", "schema was changed"),
        ("CREATE TABLE extra (x)", "schema was changed"),
        (
            "CREATE TRIGGER forget AFTER INSERT ON records BEGIN DELETE FROM facts; END",
            "schema was changed",
        ),
        ("CREATE VIEW seen AS SELECT 1", "schema was changed"),
    ],
)
def test_anything_else_is_refused(
    connection: sqlite3.Connection, statement: str, fault: str
) -> None:
    schema.create(connection)
    connection.execute(statement)
    with pytest.raises(StoreError, match=fault):
        schema.check(connection)


def test_a_foreign_database_is_not_empty(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE t (x)")
    assert not schema.is_empty(connection)
    with pytest.raises(StoreError, match="not an audit log"):
        schema.check(connection)
