"""What was decided: one row for each request of a log, in the order of time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import orjson

from gateway.audit.canonical import MalformedRecord
from gateway.audit.entry import timestamp
from gateway.audit.reader import reading

_ENDS: Final = "SELECT leaf FROM records WHERE kind IN ('outcome', 'refusal') AND time >= ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedRequest:
    """The end of one request that was decided on."""

    request_id: str
    time: datetime
    facts_hash: str


def decisions(path: Path, since: datetime) -> list[DecidedRequest]:
    """The requests that ended since then and that policy decided on; a fallback's ends are one request.

    Raises:
        StoreError: when the file is not an audit log that can be read.
        MalformedRecord: when a record is damaged.
    """
    with reading(path) as connection:
        rows = connection.execute(f"{_ENDS} ORDER BY sequence", (timestamp(since),))
        # The last record of a request replaces those of attempts that failed before.
        found = {one.request_id: one for (leaf,) in rows if (one := _decided(leaf)) is not None}
    return list(found.values())


def documents(path: Path) -> Iterator[tuple[str, bytes]]:
    """Every facts document by its hash.

    Raises:
        StoreError: when the file is not an audit log that can be read.
    """
    with reading(path) as connection:
        yield from connection.execute("SELECT hash, document FROM facts")


def _decided(leaf: bytes) -> DecidedRequest | None:
    try:
        entry = orjson.loads(leaf)["entry"]
        if not entry["facts_hash"]:
            return None
        return DecidedRequest(
            request_id=entry["request_id"],
            time=datetime.fromisoformat(entry["time"]),
            facts_hash=entry["facts_hash"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise MalformedRecord("not a record of this version") from error
