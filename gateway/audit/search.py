"""Read-only queries on a log, newest first, while the gateway may be writing it."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson

from gateway.audit.canonical import parse
from gateway.audit.entry import timestamp
from gateway.audit.reader import reading

_EQUAL: Final = ("kind", "tenant", "app", "request_id", "model", "deployment", "outcome", "code")
# Cast: SQLite's JSON functions would take a BLOB for its binary format (JSONB).
_IN_LEAF: Final = {
    "reason": (
        "EXISTS (SELECT 1 FROM json_each(CAST(leaf AS TEXT), '$.entry.reasons') AS one "
        "WHERE one.value = ?)"
    ),
    "entity": (
        "EXISTS (SELECT 1 FROM json_each(CAST(leaf AS TEXT), '$.entry.findings') AS one "
        "WHERE one.key = ?)"
    ),
}
"""Filters on fields without a column, which are read from the leaf."""
_USERS: Final = (
    "json_extract(CAST(leaf AS TEXT), '$.entry.user') IN (SELECT value FROM json_each(?))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Filters on records; ``None`` matches everything.

    ``since`` is inclusive and ``until`` exclusive. ``reason`` is the id of a reason that refused,
    ``entity`` a kind of data that was found in the request.
    """

    since: datetime | None = None
    until: datetime | None = None
    kind: str | None = None
    tenant: str | None = None
    tenants: frozenset[str] | None = None
    """The tenants whose records may be seen: no record of another is ever returned."""
    app: str | None = None
    users: frozenset[str] | None = None
    """The pseudonyms of an end user in records; a user has one for each tenant."""
    request_id: str | None = None
    model: str | None = None
    deployment: str | None = None
    outcome: str | None = None
    code: str | None = None
    reason: str | None = None
    entity: str | None = None
    limit: int = 100


def search(path: Path, query: Query) -> list[dict[str, Any]]:
    """The newest records that match: every field of the entry, ``origin``, ``sequence``, ``leaf``.

    ``leaf`` is the leaf hash in hexadecimal.

    Raises:
        StoreError: when the file is not an audit log that can be read.
        MalformedRecord: when a record is damaged.
    """
    where, values = _conditions(query)
    statement = f"SELECT leaf FROM records{where} ORDER BY sequence DESC LIMIT ?"  # noqa: S608
    with reading(path) as connection:
        found = connection.execute(statement, (*values, query.limit))
        return [_document(raw) for (raw,) in found]


def search_all(paths: Sequence[Path], query: Query) -> list[dict[str, Any]]:
    """The same over the logs of several processes, the newest first.

    Raises:
        StoreError, MalformedRecord: as above.
    """
    # Each log gives up to the limit: the newest of all may be in one of them.
    found = [record for path in paths for record in search(path, query)]
    return sorted(found, key=_age, reverse=True)[: query.limit]


def _age(record: Mapping[str, Any]) -> tuple[str, int]:
    return record["time"], record["sequence"]


def facts_in(paths: Sequence[Path], facts_hash: str) -> Any:
    """The facts document of that hash, from the first log that has it.

    Raises:
        StoreError: as above.
    """
    documents = (facts(path, facts_hash) for path in paths)
    return next((document for document in documents if document is not None), None)


def facts(path: Path, facts_hash: str) -> Any:
    """The facts document of that hash, decoded, or ``None`` when the log has none.

    Raises:
        StoreError: when the file is not an audit log that can be read.
    """
    with reading(path) as connection:
        found = connection.execute("SELECT document FROM facts WHERE hash = ?", (facts_hash,))
        row: tuple[bytes] | None = found.fetchone()
    return None if row is None else orjson.loads(row[0])


def last_checkpoint(path: Path) -> bytes | None:
    """The newest signed checkpoint, to be stored elsewhere; ``None`` when nothing was signed yet.

    Raises:
        StoreError: when the file is not an audit log that can be read.
    """
    with reading(path) as connection:
        found: sqlite3.Cursor = connection.execute(
            "SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1"
        )
        row: tuple[bytes] | None = found.fetchone()
    return None if row is None else row[0]


def _conditions(query: Query) -> tuple[str, list[str]]:
    found = list(_each(query))
    if not found:
        return "", []
    return " WHERE " + " AND ".join(term for term, _ in found), [value for _, value in found]


def _each(query: Query) -> Iterator[tuple[str, str]]:
    if query.since is not None:
        yield "time >= ?", timestamp(query.since)
    if query.until is not None:
        yield "time < ?", timestamp(query.until)
    if query.tenants is not None:
        # One parameter for a list of any length: SQLite limits the number of parameters.
        yield "tenant IN (SELECT value FROM json_each(?))", _list(query.tenants)
    if query.users is not None:
        yield _USERS, _list(query.users)
    # The names of columns are constants of this module; values are always parameters.
    terms = {name: f"{name} = ?" for name in _EQUAL} | _IN_LEAF
    for name, term in terms.items():
        value = getattr(query, name)
        if value is not None:
            yield term, value


def _list(names: frozenset[str]) -> str:
    return orjson.dumps(sorted(names)).decode()


def _document(raw: bytes) -> dict[str, Any]:
    record = parse(raw)
    place = {"sequence": record.sequence, "origin": record.origin, "leaf": record.leaf.hex()}
    return place | asdict(record.entry)
