"""Masking: what is replaced, what is not, and that restoring undoes it."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dialects.core.json_schema import SCHEMA
from gateway.dialects.core.rebuild import replace_segments
from gateway.dialects.core.shapes import Shape
from gateway.dialects.core.walker import Walker
from gateway.errors import ContentBlocked
from gateway.redact.mask import mask
from gateway.redact.placeholder import PATTERN
from gateway.redact.restore import Restorer
from gateway.redact.vault import RequestVault
from gateway.text.check_digits import luhn
from gateway.text.embedded_json import literals
from gateway.text.request_text import RequestText
from gateway.types import Call, Scan, Segment, Treatment
from tests.parts.steps import grows_linearly
from tests.redact.samples import KEY, call, finding_of, scan, vault

TEXTS = st.text(st.sampled_from('ab [_]PERSONk7f3q2田１"\\\n😀'), max_size=60)


@st.composite
def texts_and_findings(draw: st.DrawFn) -> tuple[str, Scan]:
    text = draw(TEXTS)
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    spans = [
        (0, start, end, draw(st.sampled_from(["PERSON", "EMAIL_ADDRESS"])))
        for start, end in zip(cuts[::2], cuts[1::2], strict=False)
    ]
    return text, scan(*spans)


@given(texts_and_findings())
def test_mask_then_restore_is_the_identity(case: tuple[str, Scan]) -> None:
    text, findings = case
    request = vault()
    masked = mask(call(text), findings, {}, request).replacements.get(0, text)
    restorer = Restorer(request, escape=False, hosts=None)
    assert restorer.feed(masked) + restorer.flush() == text


WORDS = [
    "Kenji",
    "Tanaka",
    "田中",
    "健二",
    "4111111111111111",
    "a@b.example",
    "03-1234-5678",
    "Rose",
]


@given(st.lists(st.sampled_from([*WORDS, "met", "at", "[", "K."]), max_size=12), st.data())
def test_surrogates_then_restore_is_the_identity(words: list[str], data: st.DataObject) -> None:
    text, spans = "", []
    for word in words:
        if word in WORDS and data.draw(st.booleans()):
            entity = data.draw(st.sampled_from(["PERSON", "PHONE_NUMBER"]))
            spans.append((0, len(text), len(text) + len(word), entity))
        text += word + " "
    request = RequestVault(KEY, "root-1", RequestText([text]))
    how: dict[str, Treatment] = {"PERSON": "surrogate", "PHONE_NUMBER": "surrogate"}
    masked = mask(call(text), scan(*spans), how, request).replacements.get(0, text)
    restorer = Restorer(request, escape=False, hosts=None)
    assert restorer.feed(masked) + restorer.flush() == text
    for _, start, end, _ in spans:
        assert restorer.restored
        assert text[start:end] not in [v for v in masked.split() if v not in text.split()]


def schema_call(schema: dict[str, Any], text: str) -> Call:
    walker = Walker(Shape(fields={"schema": SCHEMA, "text": Shape()}))
    document = {"schema": schema, "text": text}
    walker.walk(document)
    return replace(call(), document=document, segments=tuple(walker.segments))


def masked_schema(schema: dict[str, Any], text: str, *values: tuple[str, str]) -> Any:
    given_call = schema_call(schema, text)
    texts = [segment.text for segment in given_call.segments]
    spans = [
        (index, found, found + len(value), entity)
        for value, entity in values
        for index, one in enumerate(texts)
        if (found := one.find(value)) >= 0
    ]
    request = RequestVault(KEY, "root-1", RequestText(texts))
    masking = mask(given_call, scan(*sorted(spans)), {}, request)
    return replace_segments(given_call.document, given_call.segments, masking.replacements)


def test_what_a_schema_binds_gets_one_surrogate_everywhere() -> None:
    sent = masked_schema(
        {"format": "email", "default": "aiko@corp.example"},
        "Write to aiko@corp.example, Tanaka.",
        ("aiko@corp.example", "EMAIL_ADDRESS"),
        ("Tanaka", "PERSON"),
    )
    made = sent["schema"]["default"]
    assert "@example." in made
    assert sent["text"].startswith(f"Write to {made}, [PERSON_")


def test_a_number_of_a_schema_stays_a_number() -> None:
    sent = masked_schema({"enum": [4111111111111111]}, "pay", ("4111111111111111", "CREDIT_CARD"))
    made = sent["schema"]["enum"][0]
    assert isinstance(made, int)
    assert luhn(str(made))
    assert made != 4111111111111111


def test_a_value_of_a_schema_for_which_nothing_fits_refuses_the_call() -> None:
    with pytest.raises(ContentBlocked, match="JSON Schema"):
        masked_schema(
            {"pattern": "^AB-1234$", "default": "AB-1234"}, "", ("AB-1234", "CUSTOMER_NUMBER")
        )


def test_a_number_in_arguments_stays_one_under_a_surrogate() -> None:
    raw = '{"card": 4111111111111111, "n": 1}'
    findings = scan(finding_of([raw], "4111111111111111", "CREDIT_CARD"))
    how: dict[str, Treatment] = {"CREDIT_CARD": "surrogate"}
    masked = mask(call(raw, escaping="json"), findings, how, vault()).replacements[0]
    assert luhn(str(json.loads(masked)["card"]))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**12), 10**12) | TEXTS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
        max_leaves=6,
    ),
    st.booleans(),
    st.data(),
)
def test_mask_then_restore_keeps_json_equal(
    value: object, ascii_only: bool, data: st.DataObject
) -> None:
    raw = json.dumps(value, ensure_ascii=ascii_only)
    strings = [part for part in literals(raw) or [] if part.kind != "number"]
    chosen = [part for part in strings if part.end - part.start > 2 and data.draw(st.booleans())]
    findings = scan(*[(0, part.start + 1, part.end - 1, "PERSON") for part in chosen])
    request = vault()
    masked = mask(call(raw, escaping="json"), findings, {}, request).replacements.get(0, raw)
    json.loads(masked)
    restorer = Restorer(request, escape=True, hosts=None)
    assert json.loads(restorer.feed(masked) + restorer.flush()) == value


def test_T59_a_json_number_becomes_a_quoted_placeholder() -> None:
    raw = '{"card": 4111111111111111, "n": 1}'
    request = vault()
    findings = scan(finding_of([raw], "4111111111111111", "CREDIT_CARD"))
    masked = mask(call(raw, escaping="json"), findings, {}, request).replacements[0]
    document = json.loads(masked)
    assert request.get(document["card"]) == "4111111111111111"
    assert document["n"] == 1


def test_T08_text_outside_the_spans_is_byte_identical() -> None:
    text = "mail a@b.example, then \u200b call 03-1234-5678\r\n"
    findings = scan(
        finding_of([text], "a@b.example", "EMAIL_ADDRESS"),
        finding_of([text], "03-1234-5678", "PHONE_NUMBER"),
    )
    masked = mask(call(text), findings, {}, vault()).replacements[0]
    assert PATTERN.sub("#", masked) == "mail #, then \u200b call #\r\n"


def test_T24_the_callers_look_alikes_come_back_and_are_never_confused() -> None:
    request = vault()
    minted = request.put("PERSON", "Tanaka")
    text = f"Is {minted} the same as [PERSON_00000000]?"
    masked = mask(call(text), scan(), {}, request).replacements[0]
    assert minted not in masked
    restorer = Restorer(request, escape=False, hosts=frozenset())
    assert restorer.feed(masked) + restorer.flush() == text


def test_treatments() -> None:
    text = "Tanaka in Osaka"
    findings = scan(finding_of([text], "Tanaka", "PERSON"), finding_of([text], "Osaka", "LOCATION"))
    masking = mask(call(text), findings, {"LOCATION": "keep"}, vault())
    assert masking.replacements[0].endswith(" in Osaka")
    assert masking.redactions == {"PERSON": 1}
    assert mask(call("plain"), scan(), {}, vault()).replacements == {}
    with pytest.raises(ValueError, match="PERSON is blocked"):
        mask(call(text), findings, {"PERSON": "block"}, vault())


def test_a_value_in_an_identifier_refuses_the_call() -> None:
    segment = Segment(
        path=("tools", 0), origin="schema", text="mail_a@b.example", place="identifier"
    )
    named = Call(
        dialect="openai",
        operation="chat.completions",
        model="m",
        stream=False,
        document={"tools": ["mail_a@b.example"]},
        segments=(segment,),
        tools=frozenset(),
        modalities=frozenset(),
    )
    with pytest.raises(ContentBlocked) as caught:
        mask(named, scan((0, 5, 16, "EMAIL_ADDRESS")), {}, vault())
    assert "example" not in str(caught.value)


def test_B05_findings_that_overlap_look_alikes_leave_nothing() -> None:
    text = "[A_0000000a]Tanaka[A_0000000b]Sato[A_0000000c] and [A_0000000d]"
    first, second = text.index("Tanaka"), text.index("Sato")
    spans = (0, first - 3, first + 8, "PERSON"), (0, second - 2, second + 6, "PERSON")
    request = vault()
    masked = mask(call(text), scan(*spans), {}, request).replacements[0]
    assert "Tanaka" not in masked
    assert "Sato" not in masked
    restorer = Restorer(request, escape=False, hosts=None)
    assert restorer.feed(masked) + restorer.flush() == text


def test_B11_look_alikes_cost_steps_that_grow_with_their_number() -> None:
    def make(count: int) -> Callable[[], object]:
        text = "[A_00000000]" * count
        spans = [(0, 12 * at + 8, 12 * at + 14, "PERSON") for at in range(0, count - 1, 3)]
        return lambda: mask(call(text), scan(*spans), {}, vault())

    assert grows_linearly(make, 100)


def test_B11_numbers_in_a_document_cost_steps_that_grow_with_their_number() -> None:
    def make(count: int) -> Callable[[], object]:
        raw = f"[{','.join(['4111'] * count)}]"
        sent = replace(call(raw), segments=(replace(call(raw).segments[0], escaping="json"),))
        spans = [(0, 1 + 5 * at, 5 + 5 * at, "PERSON") for at in range(count)]
        return lambda: mask(sent, scan(*spans), {}, vault())

    assert grows_linearly(make, 100)
