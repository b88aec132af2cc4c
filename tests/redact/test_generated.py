"""Values that the model generated are treated; values that the caller sent never are."""

import json
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ContentBlocked
from gateway.redact.generated import (
    JsonStringTracker,
    RequestIndex,
    TreatedText,
    only_replacements,
    treat,
)
from gateway.text.fold import Folded, fold
from gateway.text.segment_texts import SegmentTexts
from gateway.types import Treatment
from tests.redact.samples import call, vault


@dataclass(frozen=True)
class Span:
    start: int
    end: int
    entity: str


def treated(
    text: str, value: str, how: Treatment | None = None, *, sent: str = "", json: bool = False
) -> TreatedText:
    start = text.index(value)
    return treat(
        text,
        [Span(start, start + len(value), "PHONE_NUMBER")],
        index=RequestIndex(SegmentTexts(call(sent).segments)),
        vault=vault(),
        treatment={} if how is None else {"PHONE_NUMBER": how},
        json=JsonStringTracker() if json else None,
    )


def test_a_generated_value_is_replaced_for_good() -> None:
    result = treated("call 03-1234-5678 now", "03-1234-5678")
    assert result.text == "call [PHONE_NUMBER] now"
    assert result.generated == {"PHONE_NUMBER": 1}


@pytest.mark.parametrize(
    "sent", ["I am at 03-1234-5678", "my number: 0312345678", "０３ー１２３４ー５６７８"]
)
def test_the_callers_own_value_is_not_a_generated_one_however_it_was_spelled(sent: str) -> None:
    result = treated("call 03-1234-5678 now", "03-1234-5678", sent=sent)
    assert result.text == "call 03-1234-5678 now"
    assert result.generated == {}


def test_kept_and_blocked() -> None:
    kept = treated("call 03-1234-5678", "03-1234-5678", "keep")
    assert (kept.text, kept.generated) == ("call 03-1234-5678", {"PHONE_NUMBER": 1})
    with pytest.raises(ContentBlocked) as caught:
        treated("call 03-1234-5678", "03-1234-5678", "block")
    assert "1234" not in str(caught.value)


def test_placeholders_minted_here_are_left_to_the_restorer() -> None:
    request = vault()
    minted = request.put("PERSON", "Tanaka")
    span = Span(1, len(minted) - 1, "SECRET_GENERIC")
    index = RequestIndex(SegmentTexts(call("Tanaka").segments))
    assert treat(minted, [span], index=index, vault=request, treatment={}).text == minted


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ('{"phone": "03-1234-5678"}', "03-1234-5678"),
        ('{"phone": 4111111111111111}', "4111111111111111"),
    ],
)
def test_arguments_stay_valid_json(raw: str, value: str) -> None:
    assert json.loads(treated(raw, value, json=True).text) == {"phone": "[PHONE_NUMBER]"}


def test_a_surrogate_in_a_reply_is_not_a_generated_value() -> None:
    request = vault()
    made = request.surrogate("PHONE_NUMBER", "03-1234-5678", lambda _: True)
    assert made is not None
    result = treat(
        f"call {made}",
        [Span(5, 5 + len(made), "PHONE_NUMBER")],
        index=RequestIndex(SegmentTexts(call("03-1234-5678").segments)),
        vault=request,
        treatment={},
    )
    assert result.text == f"call {made}"
    assert result.generated == {}


def test_text_that_holds_only_replacements_has_no_generated_value() -> None:
    request = vault()
    minted = request.put("PERSON", "Tanaka")
    made = request.surrogate("PHONE_NUMBER", "03-1234-5678", lambda _: True)
    assert only_replacements(f"({minted}, {made}!)", request)
    for text in (f"{minted} 1", f"{minted}x", minted[:-1], "[PERSON_k7f3q2ab]", "(03-1234-5678)"):
        assert not only_replacements(text, request), text


@given(st.lists(st.text()), st.integers(1, 7))
def test_the_state_is_known_at_every_split(values: list[str], size: int) -> None:
    raw = json.dumps(values)
    state = JsonStringTracker()
    for start in range(0, len(raw), size):
        state.advance(raw[start : start + size])
        consumed = raw[: start + size]
        assert state.in_string == _inside(consumed)
    assert not state.in_string


def _inside(consumed: str) -> bool:
    """An independent answer: what is left after taking out whole strings has an opening quote."""
    decoder = json.JSONDecoder()
    position = 0
    while (quote := consumed.find('"', position)) >= 0:
        try:
            _, position = decoder.raw_decode(consumed, quote)
        except json.JSONDecodeError:
            return True
    return False


def test_B13_the_request_is_folded_once_for_all_values(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths: list[int] = []

    def counting(text: str) -> Folded:
        lengths.append(len(text))
        return fold(text)

    monkeypatch.setattr("gateway.text.normalized.fold", counting)
    texts = SegmentTexts(call("Dear Ken, " * 1000).segments)
    index = RequestIndex(texts)
    assert not any(index.contains(f"user{number}@new.example") for number in range(100))
    assert sum(length > 1000 for length in lengths) == 1
    assert RequestIndex(texts).contains("dear  KEN")
    assert sum(length > 1000 for length in lengths) == 1
