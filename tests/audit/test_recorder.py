"""The ends of a request are durable before they are told."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.audit.log import AuditLog
from gateway.audit.recorder import Recorder, outcome_of
from gateway.audit.search import Query, search
from gateway.audit.sqlite import SqliteStore
from gateway.errors import AuditUnavailable, PolicyDenied, UpstreamFailed
from gateway.exchange import Exchange, Outcome
from gateway.keys import KeyRing
from gateway.telemetry.metrics import Metrics
from tests.parts.samples import attempt, principal


class Lines:
    """A logger that keeps its lines."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []

    def info(self, event: str, **fields: Any) -> None:
        self.lines.append((event, fields))

    error = info


@pytest.fixture
def lines() -> Lines:
    return Lines()


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[AuditLog]:
    store = SqliteStore(tmp_path / "audit.db")
    audit = AuditLog(store, origin="test", ring=KeyRing.new(), checkpoint_seconds=60)
    await audit.start()
    yield audit
    await audit.close()


@pytest.fixture
def recorder(log: AuditLog, lines: Lines) -> Recorder:
    return Recorder(log, Metrics(), lines)


def exchange(*, known: bool = True, attempts: int = 1) -> Exchange:
    return Exchange(
        request_id="req_1",
        started=0.0,
        dialect="openai",
        operation="chat.completions",
        principal=principal() if known else None,
        attempt=attempt(attempts) if attempts else None,
    )


def kinds(folder: Path) -> list[tuple[str, str]]:
    return [(r["kind"], r["outcome"]) for r in search(folder / "audit.db", Query())][::-1]


async def test_each_end_is_recorded_counted_and_logged(
    recorder: Recorder, lines: Lines, tmp_path: Path
) -> None:
    served = exchange()
    await recorder.attempt(served)
    await recorder.served(served)
    error = PolicyDenied("no")
    assert await recorder.failed(exchange(attempts=0), error) is error
    assert kinds(tmp_path) == [("attempt", ""), ("outcome", "served"), ("refusal", "denied")]
    assert [fields["outcome"] for _, fields in lines.lines] == ["served", "denied"]


async def test_a_fallback_leaves_the_outcome_of_each_attempt(
    recorder: Recorder, tmp_path: Path
) -> None:
    tried = exchange()
    await recorder.attempt(tried)
    await recorder.attempt_failed(tried, UpstreamFailed("down", fallback=True))
    assert kinds(tmp_path) == [("attempt", ""), ("outcome", "failed")]


async def test_an_exchange_is_read_and_not_written(recorder: Recorder) -> None:
    ended = exchange()
    before = replace(ended)
    await recorder.attempt_failed(ended, UpstreamFailed("down", fallback=True))
    await recorder.failed(ended, PolicyDenied("no"))
    await recorder.admin_operation(ended, outcome_of(PolicyDenied("no")))
    assert ended == before


async def test_an_admin_operation_is_recorded_before_it_runs_and_when_it_ended(
    recorder: Recorder, lines: Lines, tmp_path: Path
) -> None:
    operation = exchange(attempts=0)
    await recorder.admin_operation(operation)
    assert lines.lines == []
    await recorder.admin_operation(operation, Outcome(kind="served", status=200))
    assert kinds(tmp_path) == [("admin", ""), ("admin", "served")]
    assert len(lines.lines) == 1


async def test_a_caller_that_left_is_recorded_by_the_time_of_draining(
    recorder: Recorder, tmp_path: Path
) -> None:
    recorder.disconnected(exchange())
    await recorder.drain()
    assert kinds(tmp_path) == [("outcome", "disconnected")]


async def test_strangers_fill_neither_the_audit_log_nor_the_log(
    recorder: Recorder, lines: Lines, tmp_path: Path
) -> None:
    for _ in range(50):
        await recorder.failed(exchange(known=False, attempts=0), PolicyDenied("no"))
    assert kinds(tmp_path) == []
    assert len(lines.lines) == 1


async def test_without_the_log_the_caller_gets_its_error_instead(
    recorder: Recorder, log: AuditLog
) -> None:
    await log.close()
    with pytest.raises(AuditUnavailable):
        await recorder.served(exchange())
    error = await recorder.failed(exchange(), PolicyDenied("no"))
    assert isinstance(error, AuditUnavailable)


async def test_a_fault_is_told_without_its_message(recorder: Recorder, lines: Lines) -> None:
    refusal = recorder.fault(RuntimeError("Tanaka"))
    assert (refusal.status, refusal.code) == (500, "internal_error")
    assert "Tanaka" not in str(lines.lines) + refusal.message


def test_who_caused_an_end() -> None:
    assert outcome_of(PolicyDenied("x")).kind == "denied"
    assert outcome_of(UpstreamFailed("x", fallback=False)).kind == "failed"


async def test_what_was_given_without_a_model_server_is_an_outcome_and_no_refusal(
    recorder: Recorder, tmp_path: Path
) -> None:
    await recorder.served(exchange(attempts=0))
    (record,) = search(tmp_path / "audit.db", Query())
    assert (record["kind"], record["outcome"]) == ("outcome", "served")
