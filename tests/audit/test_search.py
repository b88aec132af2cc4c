"""Finding records: each filter alone, together, newest first, and beside the writer."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.audit.canonical import MalformedRecord
from gateway.audit.proof.checkpoint import read
from gateway.audit.search import Query, facts, last_checkpoint, search
from gateway.audit.store import StoreError
from tests.audit.logs import ENTRY, FACTS_HASH, RING, numbered, opened, tamper, written

OTHER = replace(
    ENTRY,
    kind="outcome",
    request_id="req-x",
    time="2026-02-01T00:00:00.000Z",
    tenant="other",
    app="support",
    model="llama",
    deployment="cloud",
    outcome="denied",
    code="provider_blocked",
    reasons=("deepseek-cloud", "late-hour"),
    findings={"JP_MY_NUMBER": 1},
    user="user-0",
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("search") / "audit.db"

    async def fill() -> None:
        async with opened(path) as log:
            for entry in (numbered(0), numbered(2), OTHER):
                await log.append(entry)

    asyncio.run(fill())
    return path


def found(path: Path, **filters: Any) -> list[str]:
    return [row["request_id"] for row in search(path, Query(**filters))]


def test_the_newest_come_first(path: Path) -> None:
    assert found(path) == ["req-x", "req-2", "req-0"]
    assert found(path, limit=1) == ["req-x"]


@pytest.mark.parametrize(
    "filters",
    [
        {"tenant": "other"},
        {"app": "support"},
        {"request_id": "req-x"},
        {"model": "llama"},
        {"deployment": "cloud"},
        {"outcome": "denied"},
        {"code": "provider_blocked"},
        {"reason": "deepseek-cloud"},
        {"reason": "late-hour"},
        {"entity": "JP_MY_NUMBER"},
        {"users": frozenset({"user-0", "user-1"})},
        {"since": datetime(2026, 2, 1, tzinfo=UTC)},
        {"tenant": "other", "reason": "late-hour", "entity": "JP_MY_NUMBER"},
    ],
)
def test_each_filter_finds_its_record_alone(path: Path, filters: dict[str, Any]) -> None:
    assert found(path, **filters) == ["req-x"]


@pytest.mark.parametrize(
    "filters",
    [
        {"tenant": "oth"},
        {"tenant": "' OR 1=1 --"},
        {"reason": "deepseek"},
        {"entity": "JP_MY%"},
        {"users": frozenset({"user-"})},
        {"users": frozenset()},
        {"tenant": "other", "app": "billing"},
    ],
)
def test_a_filter_matches_whole_values(path: Path, filters: dict[str, Any]) -> None:
    assert found(path, **filters) == []


def test_until_is_exclusive_and_since_is_not(path: Path) -> None:
    moment = datetime(2026, 1, 31, 9, 2, tzinfo=UTC)
    assert found(path, until=moment) == ["req-0"]
    assert found(path, since=moment) == ["req-x", "req-2"]


def test_a_record_is_given_whole(path: Path) -> None:
    row = search(path, Query(request_id="req-x"))[0]
    assert row["sequence"] == 2
    assert row["origin"].startswith("sekisho/")
    assert row["reasons"] == ("deepseek-cloud", "late-hour")
    assert orjson.loads(orjson.dumps(row))["findings"] == {"JP_MY_NUMBER": 1}
    assert len(bytes.fromhex(row["leaf"])) == 32
    assert [one["user"] for one in search(path, Query())] == ["user-0", "", ""]


async def test_the_writer_may_be_at_work(tmp_path: Path) -> None:
    path = tmp_path / "audit.db"
    async with opened(path) as log:
        for number in range(3):
            await log.append(numbered(number))
            assert len(search(path, Query())) == number + 1


def test_facts_are_found_by_hash(tmp_path: Path) -> None:
    path = written(tmp_path / "audit.db", 1)
    assert facts(path, FACTS_HASH) == {"tenant": "acme"}
    assert facts(path, "") is None


def test_the_last_checkpoint_is_given_as_it_was_signed(tmp_path: Path) -> None:
    path = written(tmp_path / "audit.db", 2, 1)
    note = last_checkpoint(path)
    assert note is not None
    assert read(note, RING.verifiers().values()).size == 3
    tamper(path, "DELETE FROM checkpoints")
    assert last_checkpoint(path) is None


def test_a_damaged_record_is_not_printed(tmp_path: Path) -> None:
    path = written(tmp_path / "audit.db", 1)
    tamper(path, "UPDATE records SET leaf = x'7b7d'")
    with pytest.raises(MalformedRecord):
        search(path, Query())


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such file"):
        search(tmp_path / "absent.db", Query())
