"""What was decided, read back from a log."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.audit.canonical import MalformedRecord
from gateway.audit.decisions import decisions, documents
from gateway.audit.store import StoreError
from tests.audit.logs import ENTRY, FACTS, FACTS_HASH, opened, tamper

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def write(path: Path) -> None:
    async def run() -> None:
        async with opened(path) as log:
            for number, kind in enumerate(["attempt", "outcome", "outcome", "refusal"]):
                entry = replace(ENTRY, kind=kind, facts_hash=FACTS_HASH)  # type: ignore[arg-type]
                name = "req-a" if number < 3 else "req-b"
                time = f"2026-01-31T09:0{number}:00.000Z"
                await log.append(replace(entry, request_id=name, time=time), FACTS)
            await log.append(replace(ENTRY, kind="refusal", request_id="req-c"))

    asyncio.run(run())


def test_each_request_that_was_decided_is_one_row(tmp_path: Path) -> None:
    write(tmp_path / "audit.db")
    found = decisions(tmp_path / "audit.db", LONG_AGO)
    assert [(one.request_id, one.time.minute, one.facts_hash) for one in found] == [
        ("req-a", 2, FACTS_HASH),
        ("req-b", 3, FACTS_HASH),
    ]
    later = decisions(tmp_path / "audit.db", datetime(2026, 1, 31, 9, 3, tzinfo=UTC))
    assert [one.request_id for one in later] == ["req-b"]
    assert dict(documents(tmp_path / "audit.db")) == {FACTS_HASH: FACTS}


def test_a_damaged_record_and_a_missing_file_are_reported(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        decisions(tmp_path / "none.db", LONG_AGO)
    write(tmp_path / "audit.db")
    tamper(tmp_path / "audit.db", "UPDATE records SET leaf = x'7b7d' WHERE sequence = 1")
    with pytest.raises(MalformedRecord):
        decisions(tmp_path / "audit.db", LONG_AGO)
