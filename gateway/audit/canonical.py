"""The canonical form of an audit record: the exact bytes that are hashed, written and read back.

It is the record's leaf in the Merkle tree: UTF-8 JSON without spaces and with its keys sorted::

    {"entry":{…},"origin":"…","sequence":0,"v":1}

``entry`` holds the fields of :class:`~gateway.audit.entry.AuditEntry` and nothing else. Fields that a later release
added have a default and are left out at it, so that earlier records stay canonical.
"""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, Final, get_type_hints

import orjson

from gateway.audit.entry import AuditEntry, AuditRecord
from gateway.audit.proof.merkle import leaf_hash

VERSION: Final = 1
MAX_BODY_BYTES: Final = 65_000
"""Bound on an entry's JSON: a leaf must stay under the 65,535 bytes of C2SP tlog-tiles."""

_FIELDS: Final = tuple(sorted(fields(AuditEntry), key=lambda item: item.name))
# JSON has no tuples: these fields are turned back, or the record would not equal the one written.
_TUPLES: Final = frozenset(
    name for name, hint in get_type_hints(AuditEntry).items() if hint == tuple[str, ...]
)


class MalformedRecord(ValueError):
    """The bytes are not a record of this version."""


def body(entry: AuditEntry) -> bytes:
    """The entry's own part of the canonical form.

    Raises:
        MalformedRecord: when the entry can't be written as JSON, or is too long.
    """
    try:
        raw = orjson.dumps(_canonical_fields(entry), option=orjson.OPT_SORT_KEYS)
    except TypeError:
        raise MalformedRecord("the entry can't be written as JSON") from None
    if len(raw) > MAX_BODY_BYTES:
        raise MalformedRecord("the entry is too long")
    return raw


def leaf(body: bytes, origin: str, sequence: int) -> bytes:
    """The canonical form of a record, from its entry's ``body`` and its place in the log."""
    # Written by hand in the order of the keys: the body was serialised before its place was known.
    name = orjson.dumps(origin)
    return b'{"entry":%b,"origin":%b,"sequence":%d,"v":%d}' % (body, name, sequence, VERSION)


def document(entry: AuditEntry) -> dict[str, Any]:
    """The entry as a JSON object, with every field."""
    return {item.name: getattr(entry, item.name) for item in _FIELDS}


def _canonical_fields(entry: AuditEntry) -> dict[str, Any]:
    """The fields that are in the canonical form."""
    known = document(entry)
    return {
        item.name: known[item.name] for item in _FIELDS if not _is_default(item, known[item.name])
    }


def _is_default(item: Field[Any], value: Any) -> bool:
    if item.default_factory is not MISSING:
        return bool(value == item.default_factory())
    return item.default is not MISSING and bool(value == item.default)


def parse(raw: bytes) -> AuditRecord:
    """Read a canonical record back.

    Raises:
        MalformedRecord: when it is not exactly one, of this version.
    """
    try:
        found = orjson.loads(raw)
        if found.keys() != {"entry", "origin", "sequence", "v"} or found["v"] != VERSION:
            raise MalformedRecord("not a record of this version")
        record = AuditRecord(
            origin=found["origin"],
            sequence=found["sequence"],
            entry=_entry(found["entry"]),
            leaf=leaf_hash(raw),
        )
        canonical = leaf(body(record.entry), record.origin, record.sequence)
    except (ValueError, TypeError, AttributeError) as error:
        raise MalformedRecord("not a record of this version") from error
    # Another spelling of the same JSON would have another hash: only one is accepted.
    if canonical != raw:
        raise MalformedRecord("not in canonical form")
    return record


def _entry(found: Mapping[str, Any]) -> AuditEntry:
    values: dict[str, Any] = {
        name: tuple(value) if name in _TUPLES else value for name, value in found.items()
    }
    return AuditEntry(**values)
