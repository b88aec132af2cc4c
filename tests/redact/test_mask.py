"""Masking: what is replaced, what is not, and that restoring undoes it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ContentBlocked
from gateway.redact.mask import mask
from gateway.redact.placeholder import PATTERN
from gateway.redact.restore import Restorer
from gateway.text.jsontext import literals
from gateway.types import Call, Scan, Segment
from tests.redact.samples import call, finding_of, scan, vault

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
        document={},
        segments=(segment,),
        tools=frozenset(),
        modalities=frozenset(),
    )
    with pytest.raises(ContentBlocked) as caught:
        mask(named, scan((0, 5, 16, "EMAIL_ADDRESS")), {}, vault())
    assert "example" not in str(caught.value)
