"""``sekisho policy replay`` over a real audit log, in three formats, with an exit code for a gate."""

import asyncio
import os
import shutil
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from bench.traffic import day
from gateway.audit.entry import timestamp
from gateway.audit.log import AuditLog
from gateway.audit.sqlite import SqliteStore
from gateway.policy.compile.build import build
from gateway.policy.decide.facts import canonical, facts_hash
from tests.audit.logs import ENTRY, RING
from tests.parts.commands import run, write_config
from tests.parts.opa import ROOT

POLICIES = ROOT / "policies"
FULL = os.environ.get("SEKISHO_PROVE") == "1"
REQUESTS = 100_000 if FULL else 500
_AT_ONCE = 2_000


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A log that holds a generated day."""
    path = tmp_path_factory.mktemp("log") / "audit.db"
    asyncio.run(_write(path))
    return f"sqlite:///{path}"


async def _write(path: Path) -> None:
    log = AuditLog(
        SqliteStore(path), origin="x", ring=RING, backlog=REQUESTS + 1, checkpoint_seconds=3600
    )
    await log.start()
    pending = []
    for request in day(build(POLICIES), REQUESTS):
        document = canonical(request.facts)
        entry = replace(
            ENTRY,
            kind="outcome",
            time=timestamp(request.time),
            request_id=request.request_id,
            app=request.facts.app,
            facts_hash=facts_hash(document),
        )
        pending.append(asyncio.ensure_future(log.append(entry, document)))
        if len(pending) == _AT_ONCE:  # an append that waits too long behind others is refused
            await asyncio.gather(*pending)
            pending.clear()
    await asyncio.gather(*pending)
    await log.close()


@pytest.fixture
def candidate(tmp_path: Path) -> Path:
    folder = Path(shutil.copytree(POLICIES, tmp_path / "candidate"))
    apps = folder / "data" / "apps.yaml"
    apps.write_text(apps.read_text().replace("apps: {}", "apps:\n  coding: {tools: false}"))
    return folder


def replayed(store: str, candidate: Path, *more: str) -> list[str]:
    return [
        *("policy", "replay", "--candidate", str(candidate), "--baseline", str(POLICIES)),
        *("--store", store, "--since", "2026-11-01", *more),
    ]


def test_the_report_in_three_formats(store: str, candidate: Path, tmp_path: Path) -> None:
    began = time.monotonic()
    result = run(*replayed(store, candidate, "--format", "json"))
    print(f"{REQUESTS} decisions replayed in {time.monotonic() - began:.1f} s")  # noqa: T201
    assert result.exit_code == 1
    document = orjson.loads(result.stdout)
    assert document["requests"] == REQUESTS
    assert set(document["by_app"]) == {"coding"}
    assert document["changes"]["newly_denied"] + document["changes"]["same"] == REQUESTS
    page = tmp_path / "report.html"
    run(*replayed(store, candidate, "--format", "html", "-o", str(page)))
    assert "<h1>Policy replay</h1>" in page.read_text()
    text = run(*replayed(store, candidate)).stdout
    assert f"{REQUESTS} requests" in text
    assert "examples, newly denied" in text


@pytest.mark.parametrize(
    ("fail_on", "code"), [("none", 0), ("newly_allowed", 0), ("newly_denied,newly_allowed", 1)]
)
def test_the_exit_code_is_for_a_gate(store: str, candidate: Path, fail_on: str, code: int) -> None:
    assert run(*replayed(store, candidate, "--fail-on", fail_on)).exit_code == code


def test_the_configuration_says_where_the_log_and_the_live_policies_are(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    asyncio.run(_empty(tmp_path / "audit.db"))
    result = run(
        *(
            "policy",
            "replay",
            "--candidate",
            str(POLICIES),
            "--config",
            str(config),
            "--since",
            "7d",
        )
    )
    assert result.exit_code == 0, result.output
    assert "0 requests" in result.stdout


async def _empty(path: Path) -> None:
    log = AuditLog(SqliteStore(path), origin="x", ring=RING, backlog=10, checkpoint_seconds=3600)
    await log.start()
    await log.append(replace(ENTRY, time=timestamp(datetime.now(UTC))))
    await log.close()


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("--since", "a while", "neither a time nor a duration"),
        ("--fail-on", "anything", "is none of"),
        ("--store", "sqlite:////nowhere/audit.db", "no such file"),
        ("--candidate", "/nowhere", "can't be read"),
    ],
)
def test_what_cannot_be_carried_out_is_exit_code_2(
    store: str, candidate: Path, option: str, value: str, expected: str
) -> None:
    refused = run(*replayed(store, candidate, option, value))
    assert refused.exit_code == 2
    assert expected in refused.stderr
