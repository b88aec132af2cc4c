"""What an exchange leaves behind."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest

from gateway.audit.canonical import body, document
from gateway.audit.entry import AuditEntry, timestamp
from gateway.exchange import Exchange, FactsDocument, Outcome, ReplyStats, Trial
from gateway.types import Finding, Proof, Reason, Scan, UsageEvent
from tests.parts.samples import attempt, call, decision, deployment, principal

NOW = datetime(2026, 1, 31, 9, 0, 0, 123456, tzinfo=UTC)
CANARY = "kenji.tanaka@example.co.jp"
REPLY: dict[str, Any] = {
    "model": "deepseek-ai/DeepSeek-R1:latest",
    "usage": UsageEvent(input_tokens=7, output_tokens=9, details={"x": CANARY}),
    "restored": 3,
    "unrestored": 1,
    "generated": {"URL": 1},
}


FAILED = Outcome(kind="failed", status=502, code="upstream_error", source="upstream")


def _exchange(**reply: Any) -> Exchange:
    reason = Reason(id="provider-blocked", title=CANARY, remedy="", mode="enforce", code="")
    verdict = {
        "output_use": "conditional",
        "exceptions": ("trial",),
        "lineage": {"developer": "DeepSeek"},
        "proof": Proof(state="verified", manifest="sha256:00"),
    }
    return Exchange(
        request_id="req-1",
        started=0.0,
        dialect="openai",
        operation="chat.completions",
        model="deepseek-r1",
        principal=principal(),
        call=call(CANARY, stream=True, tools=frozenset({CANARY})),
        scan=Scan(
            findings=tuple(
                Finding(segment=0, start=n, end=n + 1, entity=name, score=1.0, detector="p")
                for n, name in enumerate(["PERSON", "EMAIL_ADDRESS", "PERSON"])
            ),
            unscannable=frozenset({"image", "audio"}),
        ),
        facts=FactsDocument(canonical=CANARY.encode(), purpose="evaluation"),
        decision=replace(
            decision({"r1-a": True}, **verdict),
            reasons=(reason,),
            shadow_reasons=(replace(reason, id="late-hour", mode="shadow"),),
        ),
        attempt=attempt(
            deployment=deployment(base_url=f"http://{CANARY}"), redactions={"PERSON": 2}
        ),
        reply=ReplyStats(**(REPLY | reply)),
        trial=Trial(revision="next", change="newly_denied", reasons=("hours",)),
    )


def test_an_entry_says_what_happened() -> None:
    assert AuditEntry.of(_exchange(), "outcome", NOW, FAILED) == AuditEntry(
        kind="outcome",
        time="2026-01-31T09:00:00.123Z",
        request_id="req-1",
        tenant="acme",
        app="billing",
        subject="billing",
        credential_id="billing",
        target="",
        dialect="openai",
        operation="chat.completions",
        model="deepseek-r1",
        stream=True,
        attempt=1,
        deployment="r1-a",
        operator="self",
        zone="in-house",
        sent_model="deepseek-r1",
        reply_model="deepseek-ai/DeepSeek-R1:latest",
        decision_id="d1",
        revision="rev1",
        facts_hash="f1",
        reasons=("provider-blocked",),
        shadow_reasons=("late-hour",),
        findings={"PERSON": 2, "EMAIL_ADDRESS": 1},
        redactions={"PERSON": 2},
        invented={"URL": 1},
        restored=3,
        unrestored=1,
        unscannable=("audio", "image"),
        placeholder_key_id="k1",
        output_use="conditional",
        purpose="evaluation",
        exceptions=("trial",),
        lineage={"developer": "DeepSeek"},
        provenance={"r1-a": "verified"},
        manifests={"r1-a": "sha256:00"},
        trial_revision="next",
        trial_change="newly_denied",
        trial_reasons=("hours",),
        outcome="failed",
        status=502,
        code="upstream_error",
        source="upstream",
        input_tokens=7,
        output_tokens=9,
    )


def test_T30_no_user_text_is_in_a_record() -> None:
    """The text is in the call, in the facts bytes, in reasons' words and in the upstream's name."""
    raw = body(AuditEntry.of(_exchange(model=f"r1 for {CANARY}"), "outcome", NOW, FAILED))
    assert CANARY.encode() not in raw
    assert b"tanaka" not in raw.lower()


def test_a_barely_known_exchange_gives_empty_fields() -> None:
    bare = Exchange(request_id="req-1", started=0.0, dialect="openai", operation="models")
    found = document(AuditEntry.of(bare, "refusal", NOW))
    filled = {name for name, value in found.items() if value not in ("", 0, (), {}, False)}
    assert filled == {"kind", "time", "request_id", "dialect", "operation"}


@pytest.mark.parametrize(
    "reply_model", ["a b", "x" * 129, "田中", "r1\n", 'r1"', "https://x/?q=1&mail=a", "\u2028"]
)
def test_a_reply_model_that_is_no_name_is_not_kept(reply_model: str) -> None:
    made = AuditEntry.of(_exchange(model=reply_model), "outcome", NOW)
    assert made.reply_model == ""


def test_before_an_attempt_every_candidate_is_named_and_no_deployment() -> None:
    exchange = _exchange()
    exchange.attempt = None
    found = AuditEntry.of(exchange, "refusal", NOW)
    assert (found.attempt, found.deployment, found.output_use, found.lineage) == (0, "", "", {})
    assert found.provenance == {"r1-a": "verified"}


@pytest.mark.parametrize(("tokens", "kept"), [(-1, 0), (2**70, 2**53 - 1), (5, 5)])
def test_token_counts_are_held_to_what_json_carries(tokens: int, kept: int) -> None:
    usage = UsageEvent(input_tokens=tokens, output_tokens=tokens)
    found = AuditEntry.of(_exchange(usage=usage), "outcome", NOW)
    assert (found.input_tokens, found.output_tokens) == (kept, kept)
    assert orjson.loads(body(found))["input_tokens"] == kept


def test_B35_a_record_says_that_counts_were_clamped() -> None:
    for clamped in (True, False):
        usage = UsageEvent(input_tokens=0, output_tokens=10_000_000, clamped=clamped)
        raw = orjson.loads(body(AuditEntry.of(_exchange(usage=usage), "outcome", NOW)))
        assert raw.get("usage_clamped", False) is clamped


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 1, 31, 9, tzinfo=UTC), "2026-01-31T09:00:00.000Z"),
        (
            datetime(2026, 1, 31, 18, tzinfo=timezone(timedelta(hours=9))),
            "2026-01-31T09:00:00.000Z",
        ),
    ],
)
def test_times_are_utc(moment: datetime, text: str) -> None:
    assert timestamp(moment) == text


def test_an_entry_has_no_place_for_text() -> None:
    names = {field.name for field in fields(AuditEntry)}
    assert not names & {"text", "content", "messages", "prompt", "reply", "document", "headers"}
