import pytest

from gateway.detect.base import Passage, Span
from gateway.detect.scan.passages import MappedPassage, mapped_passages
from gateway.types import Escaping, Origin, Path, Place, Segment

BOTH = ("en", "ja")


def segment(
    text: str,
    *,
    path: Path = ("messages", 0, "content"),
    origin: Origin = "user",
    escaping: Escaping = "none",
    place: Place = "prose",
) -> Segment:
    return Segment(path=path, origin=origin, text=text, escaping=escaping, place=place)


def read(one: Segment) -> list[MappedPassage]:
    return mapped_passages(one, one.text, BOTH)


def span(start: int, end: int) -> Span:
    return Span(start=start, end=end, entity="PERSON", score=0.8, detector="ner")


@pytest.mark.parametrize(
    ("one", "languages"),
    [
        (segment("Hello"), BOTH),
        (segment("Hello", origin="tool"), BOTH),
        (segment("get_weather", place="identifier"), ()),
        (segment("4111", place="number"), ()),
        (segment("first_name", place="key"), ()),
        (segment("Kenji Tanaka", place="key"), BOTH),
        (segment("田中", place="key"), BOTH),
        (segment("A tool.", path=("tools", 0, "description"), origin="schema"), BOTH),
        (segment("object", path=("tools", 0, "type"), origin="schema"), ()),
        (segment("Kenji Tanaka", path=("tools", 0, "Kenji Tanaka"), origin="schema", place="key"), ()),
    ],
)  # fmt: skip
def test_models_read_what_people_write(one: Segment, languages: tuple[str, ...]) -> None:
    (reading,) = read(one)
    assert reading.passage == Passage(text=one.text, key=one.key, languages=languages)


def test_a_json_text_is_read_literal_by_literal_with_its_keys() -> None:
    raw = '{"to": "Kenji", "first name": ["a", 12], "n": {"password": "x\\u0041"}}'
    found = [
        (r.passage.text, r.passage.key, bool(r.passage.languages))
        for r in read(segment(raw, escaping="json"))
    ]
    assert found == [
        ("to", "", False), ("Kenji", "to", True), ("first name", "", True), ("a", "first name", True),
        ("12", "first name", False), ("n", "", False), ("password", "", False), ("xA", "password", True),
    ]  # fmt: skip


def test_offsets_lead_back_to_the_raw_text() -> None:
    raw = '{"to": "Caf\\u00e9 \\"Kenji\\""}'
    reading = read(segment(raw, escaping="json"))[1]
    assert reading.passage.text == 'Café "Kenji"'
    (found,) = reading.to_segment([span(6, 11)])
    assert raw[found.start : found.end] == "Kenji"
    (found,) = reading.to_segment([span(0, 4)])
    assert raw[found.start : found.end] == "Caf\\u00e9"


def test_T59_a_finding_in_a_number_covers_the_number() -> None:
    raw = '{"card": -4111111111111111}'
    reading = read(segment(raw, escaping="json"))[1]
    assert [(s.start, s.end) for s in reading.to_segment([span(1, 5)])] == [(9, 26)]
    assert reading.to_segment([]) == []
    (reading,) = read(segment("4111111111111111", place="number"))
    assert [(s.start, s.end) for s in reading.to_segment([span(0, 4), span(5, 9)])] == [(0, 16)]


@pytest.mark.parametrize("raw", ["Kenji Tanaka", '{"to": "Kenji', '{"to": Kenji}', ""])
def test_text_that_is_not_json_is_one_passage(raw: str) -> None:
    (reading,) = read(segment(raw, escaping="json"))
    assert reading.passage == Passage(text=raw, key="content", languages=BOTH)
    assert reading.to_segment([span(0, 1)]) == [span(0, 1)]
