"""What the model generated is treated in every spelling, and the caller's own values are not."""

from collections import Counter
from typing import Any

import pytest

from gateway.detect.base import Span
from gateway.detect.scan.segmenter import Unit
from gateway.errors import ContentBlocked
from gateway.redact.generated import RequestIndex
from gateway.reply.channels import ReplyChannels
from gateway.reply.segments import Piece
from gateway.reply.treatment import DecodingIndex, TreatmentFilter
from gateway.text.segment_texts import SegmentTexts
from gateway.types import Event, Finish, Segment, TextDelta, ToolDelta
from tests.parts.replies import VALUE, deltas, said
from tests.parts.samples import call, verdict
from tests.redact.samples import vault

ENCODED = (
    "kim%40example.com",
    "kim&#64;example.com",
    "kim&commat;example.com",
    "kim\\u0040example.com",
    "kim\\x40example.com",
    "a2ltQGV4YW1wbGUuY29t",
    "6b696d406578616d706c652e636f6d",
    "6b 69 6d 40 65 78 61 6d 70 6c 65 2e 63 6f 6d",
    "kim%2540example.com",
)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("encoded", ENCODED)
async def test_B81_an_encoded_value_is_treated_however_it_is_cut(
    encoded: str, stream: bool
) -> None:
    text = f"Write to {encoded} soon."
    for at in range(len(text)):
        texts, stats = await said(deltas(text, [at]), vault(), stream=stream)
        assert texts["TextDelta"] == "Write to [EMAIL_ADDRESS] soon."
        assert stats.generated == {"EMAIL_ADDRESS": 1}


async def test_B81_the_callers_own_value_may_be_encoded() -> None:
    text = f"mailto:{VALUE.replace('@', '%40')} is {VALUE}"
    texts, stats = await said(deltas(text), vault())
    assert (texts["TextDelta"], stats.generated) == (text, {})


async def test_B81_in_arguments_of_tools() -> None:
    raw = '{"to": "kim\\u0040example.com"}'
    events: list[Event] = [
        ToolDelta(choice=0, part=0, call_id="c", name="send"),
        *(ToolDelta(choice=0, part=0, text=letter) for letter in raw),
        Finish(choice=0, reason="tool_calls"),
    ]
    texts, _ = await said(events, vault(), tools=frozenset({"send"}))
    assert texts["ToolDelta"] == '{"to": "[EMAIL_ADDRESS]"}'


@pytest.mark.parametrize("around", ["<{}>", "mailto:{}", "[mail](mailto:{})", '"{}",', "（{}）"])
async def test_B81_what_is_around_an_encoded_value_is_left(around: str) -> None:
    for text in (around.format("kim%40example.com"), around.format("kim&#64;example.com")):
        texts, _ = await said(deltas(text, range(len(text))), vault())
        assert texts["TextDelta"] == around.format("[EMAIL_ADDRESS]")


@pytest.mark.parametrize("text", ["100% of a%20b", "R&D &amp; more", "a\\nb \\u0041", "二〇二六年"])
async def test_B81_escapes_without_a_value_are_left(text: str) -> None:
    texts, stats = await said(deltas(text, range(len(text))), vault())
    assert (texts["TextDelta"], stats.generated) == (text, {})


SENT = Segment(path=("messages",), origin="user", text=f"I am {VALUE}, +81 90 1234 5678")


@pytest.mark.parametrize(
    ("value", "own"),
    [
        (VALUE, True),
        (VALUE.replace("@", "%40"), True),
        (VALUE.replace("@", "&#64;"), True),
        ("+81%2090%201234%205678", True),
        ("kim%40example.com", False),
        ("kim@example.com", False),
    ],
)
def test_a_value_is_the_callers_in_any_spelling(value: str, own: bool) -> None:
    assert DecodingIndex(RequestIndex(SegmentTexts([SENT]))).contains(value) == own


def _treatment(**treatment: Any) -> TreatmentFilter:
    return TreatmentFilter(
        index=RequestIndex(SegmentTexts([SENT])), vault=vault(), treatment=treatment
    )


def test_a_piece_is_treated_and_counted() -> None:
    made = _treatment()
    channel = ReplyChannels(call(), vault(), verdict()).of(TextDelta(choice=0, text=""))
    unit = Unit(text="call Yamada", scan=True)
    span = Span(start=5, end=11, entity="PERSON", score=1.0, detector="test")
    assert "".join(made.feed(unit, channel, [span])) == "call [PERSON]"
    assert "".join(made.feed(None, channel, ())) == ""
    assert made.generated == Counter(PERSON=1)


def test_the_name_of_a_tool_is_treated_where_it_was_scanned() -> None:
    span = Span(start=0, end=6, entity="PERSON", score=1.0, detector="test")
    header = ToolDelta(choice=0, part=0, call_id="c", name="Yamada")
    scanned = Piece(Unit(text="Yamada", scan=True), header=header)
    declared = Piece(Unit(text="Yamada", scan=False), header=header)
    made = _treatment()
    assert made.name(scanned, [span]) == ToolDelta(choice=0, part=0, call_id="c", name="[PERSON]")
    assert made.name(declared, ()) is header
    with pytest.raises(ContentBlocked):
        _treatment(PERSON="block").name(scanned, [span])
