"""A segment, its literals, and the way back to the raw text."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.text.segment_text import SegmentText
from gateway.types import Escaping, Place, Segment


def read(text: str, escaping: Escaping = "json", place: Place = "prose") -> SegmentText:
    return SegmentText(
        Segment(path=("a",), origin="user", text=text, escaping=escaping, place=place)
    )


RAW = r'{"Kenji\u0020Tanaka": ["a\nb", 4111, {"k": "x"}]}'


@pytest.mark.parametrize(
    ("part", "place", "value"),
    [
        (r"Kenji\u0020Tanaka", "key", "Kenji Tanaka"),
        (r"a\nb", "literal", "a\nb"),
        ("411", "number", "411"),
        ('x"}', "prose", 'x"}'),
    ],
)
def test_each_literal_has_its_place(part: str, place: Place, value: str) -> None:
    start = RAW.index(part)
    span = start, start + len(part)
    assert (read(RAW).place(*span), read(RAW).value(*span)) == (place, value)


def test_all_of_a_number_is_covered() -> None:
    start = RAW.index("411")
    assert read(RAW).covering(start, start + 2) == (start, start + 4)
    assert read("4111", "none", "number").covering(1, 2) == (0, 4)
    assert read("4111", "none").covering(1, 2) == (1, 2)


@pytest.mark.parametrize("raw", [r'{"t":"Dear Kenji\_Tanaka"}', '{"t', "", r'{"t":"\ud800"}'])
def test_B04_what_is_no_json_is_prose(raw: str) -> None:
    text = read(raw)
    assert not text.is_json
    assert [text.place(i, i + 1) for i in range(len(raw))] == ["prose"] * len(raw)
    assert text.value(0, len(raw)) == raw


@given(st.text(max_size=20), st.integers(0, 2))
def test_every_reading_leads_back_to_the_raw_text(text: str, levels: int) -> None:
    raw = text
    for _ in range(levels):
        raw = json.dumps({"a": raw})
    for reading in read(raw, "json" if levels else "none").readings():
        for i, character in enumerate(reading.text):
            spelled = raw[reading.original(i) : reading.original(i + 1)]
            assert character == spelled or "\\" in spelled


def test_no_text_is_printed() -> None:
    (reading,) = read("Tanaka", "none").readings()
    assert "Tanaka" not in repr(reading)
