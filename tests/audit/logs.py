"""Entries, and logs written by the real writer, for the tests of this folder."""

import asyncio
import hashlib
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

from gateway.audit.entry import AuditEntry
from gateway.audit.log import AuditLog
from gateway.audit.sqlite import SqliteStore
from gateway.keys import KeyRing

RING = KeyRing.new()
FACTS = b'{"tenant":"acme"}'
FACTS_HASH = hashlib.sha256(FACTS).hexdigest()
_FOUND: Mapping[str, int] = {"PERSON": 2, "EMAIL_ADDRESS": 1}

ENTRY = AuditEntry(
    kind="attempt",
    time="2026-01-31T09:00:00.000Z",
    request_id="req-0",
    tenant="acme",
    app="billing",
    subject="billing",
    credential_id="billing",
    target="",
    dialect="openai",
    operation="chat.completions",
    model="deepseek-r1",
    stream=False,
    attempt=1,
    deployment="r1-a",
    operator="self",
    zone="in-house",
    sent_model="deepseek-r1",
    reply_model="",
    decision_id="d-1",
    revision="r-1",
    facts_hash="",
    reasons=(),
    shadow_reasons=(),
    findings=_FOUND,
    redactions=_FOUND,
    invented={},
    restored=0,
    unrestored=0,
    unscannable=(),
    placeholder_key_id="k1",
    output_use="allowed",
    purpose="",
    exceptions=(),
    lineage={},
    trial_revision="",
    trial_change="",
    trial_reasons=(),
    outcome="",
    status=0,
    code="",
    source="",
    input_tokens=0,
    output_tokens=0,
)


def numbered(number: int) -> AuditEntry:
    """An entry that differs from the others by its request, its minute and its tenant."""
    return replace(
        ENTRY,
        request_id=f"req-{number}",
        time=f"2026-01-31T09:{number % 60:02}:00.000Z",
        tenant=("acme", "other")[number % 2],
    )


@asynccontextmanager
async def opened(path: Path, ring: KeyRing = RING, **options: float) -> AsyncIterator[AuditLog]:
    """A started log in the file at ``path``, closed at the end."""
    settings = {"checkpoint_seconds": 3600.0, "write_seconds": 10.0} | options
    backlog = int(settings.pop("backlog", 10_000))
    log = AuditLog(SqliteStore(path), origin="sekisho", ring=ring, backlog=backlog, **settings)
    await log.start()
    try:
        yield log
    finally:
        await log.close()


async def write(path: Path, count: int, *, ring: KeyRing = RING, start: int = 0) -> None:
    """Append ``count`` entries, each with facts, and close the log: one checkpoint more."""
    async with opened(path, ring) as log:
        for number in range(start, start + count):
            await log.append(replace(numbered(number), facts_hash=FACTS_HASH), FACTS)


def written(path: Path, *counts: int) -> Path:
    """A log written in as many runs as there are counts, each ending in a checkpoint."""
    start = 0
    for count in counts:
        asyncio.run(write(path, count, start=start))
        start += count
    return path


def tamper(path: Path, *statements: str, values: tuple[object, ...] = ()) -> None:
    """Change the file behind the log's back, as someone with its password would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement, values)
