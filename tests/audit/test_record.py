"""What an exchange leaves behind, and the bytes that are hashed."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.audit.proof.merkle import leaf_hash
from gateway.audit.record import MalformedRecord, body, document, entry, leaf, parse, timestamp
from gateway.exchange import AuditEntry, Exchange, Outcome, Trial
from gateway.types import (
    Call,
    Decision,
    Deployment,
    Finding,
    Proof,
    Reason,
    Scan,
    Segment,
    UsageEvent,
    Verdict,
)
from tests.audit.logs import ENTRY
from tests.parts.samples import principal

NOW = datetime(2026, 1, 31, 9, 0, 0, 123456, tzinfo=UTC)
CANARY = "kenji.tanaka@example.co.jp"


def _exchange() -> Exchange:
    reason = Reason(id="provider-blocked", title=CANARY, remedy="", mode="enforce", code="")
    shadow = replace(reason, id="late-hour", mode="shadow")
    verdict = Verdict(
        allow=True,
        reasons=(),
        shadow_reasons=(),
        treatment={},
        reasoning="pass",
        output_depth="patterns",
        output_treatment={},
        output_use="conditional",
        exceptions=("trial",),
        lineage={"developer": "DeepSeek"},
        proof=Proof(state="verified", manifest="sha256:00"),
    )
    return Exchange(
        request_id="req-1",
        started=0.0,
        dialect="openai",
        operation="chat.completions",
        model="deepseek-r1",
        principal=principal(),
        call=Call(
            dialect="openai",
            operation="chat.completions",
            model="deepseek-r1",
            stream=True,
            document={"content": CANARY},
            segments=(Segment(path=("content",), origin="user", text=CANARY),),
            tools=frozenset({CANARY}),
            modalities=frozenset({"text"}),
        ),
        scan=Scan(
            findings=tuple(
                Finding(segment=0, start=n, end=n + 1, entity=name, score=1.0, detector="p")
                for n, name in enumerate(["PERSON", "EMAIL_ADDRESS", "PERSON"])
            ),
            unscannable=frozenset({"image", "audio"}),
        ),
        facts=CANARY.encode(),
        decision=Decision(
            id="d-1",
            allow=True,
            reasons=(reason,),
            shadow_reasons=(shadow,),
            candidates={"r1-a": verdict},
            revision="rev",
            facts_hash="f" * 64,
        ),
        deployment=Deployment(
            name="r1-a",
            kind="openai",
            base_url=f"http://{CANARY}",
            model="r1",
            operator="self",
            zone="in-house",
            datacentre="JP",
            weights="deepseek-r1",
        ),
        attempts=1,
        redactions={"PERSON": 2},
        placeholder_key_id="k1",
        sent_model="r1",
        reply_model="deepseek-ai/DeepSeek-R1:latest",
        usage=UsageEvent(input_tokens=7, output_tokens=9, details={"x": CANARY}),
        restored=3,
        unrestored=1,
        generated={"URL": 1},
        purpose="evaluation",
        trial=Trial(revision="next", change="newly_denied", reasons=("hours",)),
        outcome=Outcome(kind="failed", status=502, code="upstream_error", source="upstream"),
    )


def test_an_entry_says_what_happened() -> None:
    assert entry(_exchange(), "outcome", NOW) == AuditEntry(
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
        sent_model="r1",
        reply_model="deepseek-ai/DeepSeek-R1:latest",
        decision_id="d-1",
        revision="rev",
        facts_hash="f" * 64,
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
    exchange = _exchange()
    exchange.reply_model = f"r1 for {CANARY}"
    raw = body(entry(exchange, "outcome", NOW))
    assert CANARY.encode() not in raw
    assert b"tanaka" not in raw.lower()


def test_a_barely_known_exchange_gives_empty_fields() -> None:
    bare = Exchange(request_id="req-1", started=0.0, dialect="openai", operation="models")
    found = document(entry(bare, "refusal", NOW))
    filled = {name for name, value in found.items() if value not in ("", 0, (), {}, False)}
    assert filled == {"kind", "time", "request_id", "dialect", "operation"}


@pytest.mark.parametrize(
    "reply_model", ["a b", "x" * 129, "田中", "r1\n", 'r1"', "https://x/?q=1&mail=a", "\u2028"]
)
def test_a_reply_model_that_is_no_name_is_not_kept(reply_model: str) -> None:
    exchange = _exchange()
    exchange.reply_model = reply_model
    assert entry(exchange, "outcome", NOW).reply_model == ""


@pytest.mark.parametrize(("tokens", "kept"), [(-1, 0), (2**70, 2**53 - 1), (5, 5)])
def test_token_counts_are_held_to_what_json_carries(tokens: int, kept: int) -> None:
    exchange = _exchange()
    exchange.usage = UsageEvent(input_tokens=tokens, output_tokens=tokens)
    found = entry(exchange, "outcome", NOW)
    assert (found.input_tokens, found.output_tokens) == (kept, kept)
    assert orjson.loads(body(found))["input_tokens"] == kept


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


def test_the_canonical_form_is_the_documented_one() -> None:
    raw = leaf(body(ENTRY), "sekisho/1", 7)
    found = orjson.loads(raw)
    assert raw.startswith(b'{"entry":{"app":"billing","attempt":1,')
    assert raw.endswith(b'},"origin":"sekisho/1","sequence":7,"v":1}')
    assert set(found["entry"]) == {item.name for item in fields(AuditEntry)} - {
        "user",
        "provenance",
        "manifests",
    }
    assert orjson.dumps(found, option=orjson.OPT_SORT_KEYS) == raw


def test_a_field_that_came_later_is_there_when_it_says_something_and_only_then() -> None:
    """So a record that was written before the field existed is canonical as it is."""
    known = leaf(body(replace(ENTRY, user="user-0")), "o", 0)
    assert b',"user":"user-0","zone":' in known
    assert parse(known).entry.user == "user-0"
    with pytest.raises(MalformedRecord, match="canonical"):
        parse(known.replace(b'"user-0"', b'""'))


def test_a_mapping_that_came_later_is_there_when_it_holds_something() -> None:
    """Records from before it stay what they were, byte for byte; a default that is spelled out is no canonical form."""
    proven = replace(ENTRY, provenance={"r1-a": "verified"}, manifests={"r1-a": "sha256:00"})
    raw = leaf(body(proven), "o", 0)
    assert b'"manifests":{"r1-a":"sha256:00"}' in raw
    assert parse(raw).entry == proven
    with pytest.raises(MalformedRecord):
        parse(GOOD.replace(b'"output_tokens":', b'"manifests":{},"output_tokens":'))


texts = st.text(st.characters(codec="utf-8"), max_size=20)


@given(texts, st.dictionaries(texts, st.integers(0, 2**53)), st.lists(texts), st.integers(0, 2**40))
def test_a_record_reads_back_as_it_was(
    text: str, counts: dict[str, int], names: list[str], sequence: int
) -> None:
    """Among the texts: U+2028, control characters, quotes, and characters outside the BMP."""
    found = replace(ENTRY, request_id=text, findings=counts, reasons=tuple(names))
    raw = leaf(body(found), "sekisho/1", sequence)
    record = parse(raw)
    assert (record.entry, record.sequence, record.origin) == (found, sequence, "sekisho/1")
    assert record.leaf == leaf_hash(raw)


def test_line_separators_stay_in_one_record() -> None:
    found = replace(ENTRY, request_id="a\u2028b\u2029c")
    assert parse(leaf(body(found), "o", 0)).entry.request_id == "a\u2028b\u2029c"


GOOD = leaf(body(ENTRY), "o", 0)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"1",
        b"{}",
        GOOD[:-1],
        GOOD + b" ",
        GOOD.replace(b'"v":1', b'"v":2'),
        GOOD.replace(b'"v":1', b'"v":1,"w":1'),
        GOOD.replace(b'"sequence":0', b'"sequence": 0'),
        GOOD.replace(b'"stream":false', b'"stream":false,"extra":1'),
        GOOD.replace(b'"stream":false,', b""),
        GOOD.replace(b'"reasons":[]', b'"reasons":""'),
        GOOD.replace(b'"reasons":[]', b'"reasons":1'),
        GOOD.replace(b'"entry":{', b'"entry":[{').replace(b"}", b"}]", 1),
        b'{"entry":null,"origin":"o","sequence":0,"v":1}',
    ],
)
def test_what_is_not_a_record_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedRecord):
        parse(raw)


def test_an_entry_that_can_not_be_written_is_refused() -> None:
    with pytest.raises(MalformedRecord, match="too long"):
        body(replace(ENTRY, reasons=("x" * 70_000,)))
    with pytest.raises(MalformedRecord, match="can't be written"):
        body(replace(ENTRY, request_id="\ud800"))
