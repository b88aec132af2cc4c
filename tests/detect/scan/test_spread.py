from collections.abc import Callable

import pytest

from gateway.detect.base import Span
from gateway.detect.overlap import resolve_overlaps
from gateway.detect.scan.spread import spread
from gateway.text.segment_texts import SegmentTexts
from gateway.types import Escaping, Place, Segment
from tests.parts.steps import grows_linearly


def segment(text: str, escaping: Escaping = "none", place: Place = "prose") -> Segment:
    return Segment(path=("messages", 0), origin="user", text=text, escaping=escaping, place=place)


def marked(segments: list[Segment], *values: tuple[int, str, str]) -> list[list[str]]:
    """The values marked in each segment after these were found in these segments."""
    found: list[list[Span]] = [[] for _ in segments]
    for index, value, entity in values:
        start = segments[index].text.index(value)
        found[index].append(
            Span(start=start, end=start + len(value), entity=entity, score=0.8, detector="ner")
        )
    spans = spread(
        SegmentTexts(segments),
        [resolve_overlaps(f, s.text) for f, s in zip(found, segments, strict=True)],
    )
    return [
        [f"{s.entity}:{one.text[s.start : s.end]}" for s in many]
        for one, many in zip(segments, spans, strict=True)
    ]


def test_T57_a_name_found_in_one_turn_is_marked_in_all() -> None:
    turns = [
        segment("I am Tanaka."),
        segment("Hello"),
        segment("TANAKA again, tanaka; Tanakan not"),
    ]
    assert marked(turns, (0, "Tanaka", "PERSON")) == [
        ["PERSON:Tanaka"], [], ["PERSON:TANAKA", "PERSON:tanaka"],
    ]  # fmt: skip


def test_parts_of_a_name_are_marked_elsewhere() -> None:
    turns = [
        segment("I am Kenji Tanaka."),
        segment("Mr. Tanaka called; TANAKA will call Kenji, not Kenjiro. See tanaka@example.com."),
    ]
    assert marked(turns, (0, "Kenji Tanaka", "PERSON"))[1] == [
        "PERSON:Tanaka", "PERSON:TANAKA", "PERSON:Kenji", "PERSON:tanaka",
    ]  # fmt: skip


def test_the_remainder_of_a_cut_finding_is_marked_everywhere() -> None:
    name = Span(start=5, end=15, entity="PERSON", score=0.8, detector="spacy")
    guess = Span(start=0, end=9, entity="LOCATION", score=0.8, detector="names")
    turns = [segment("I am Kenji Mori."), segment("Kenji-san, hello"), segment("ori-san, hello")]
    spans = spread(SegmentTexts(turns), [(name,), (guess,), ()])
    assert [
        [one.text[s.start : s.end] for s in many] for one, many in zip(turns, spans, strict=True)
    ] == [["Kenji Mori"], ["Kenji", "san"], ["san"]]


def test_words_that_are_also_names_are_no_parts() -> None:
    turns = [segment("I am Rose Baker."), segment("The baker sells a rose. Rose Baker pays.")]
    assert marked(turns, (0, "Rose Baker", "PERSON"))[1] == ["PERSON:Rose Baker"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ('{"to": "Kenji Tanaka"}', ["PERSON:Kenji Tanaka"]),
        ('{"to": "Kenji\\u0020Tanaka"}', ["PERSON:Kenji\\u0020Tanaka"]),
        ('{"Kenji Tanaka": 1}', ["PERSON:Kenji Tanaka"]),
        ('{"a": "Kenji", "b": "Tanaka"}', ["PERSON:Kenji", "PERSON:Tanaka"]),
        ('{"a": "Kenjiro", "b": "Tan"}', []),
        ("not json: Kenji Tanaka", ["PERSON:Kenji Tanaka"]),
        ("{}", []),
    ],
)
def test_a_name_is_marked_inside_tool_arguments(raw: str, expected: list[str]) -> None:
    turns = [segment("I am Kenji Tanaka."), segment(raw, escaping="json")]
    assert marked(turns, (0, "Kenji Tanaka", "PERSON"))[1] == expected


@pytest.mark.parametrize(
    "raw", ['{"card":4111111111111111}', '{"note":"a\\nb","card":4111111111111111}']
)
def test_T59_a_card_is_marked_where_it_is_a_number(raw: str) -> None:
    turns = [segment("card 4111 1111 1111 1111"), segment(raw, escaping="json")]
    marks = marked(turns, (0, "4111 1111 1111 1111", "CREDIT_CARD"))
    assert marks[1] == ["CREDIT_CARD:4111111111111111"]


def test_T59_a_number_of_the_document_is_marked_whole() -> None:
    turns = [segment("card 4111 1111 1111 1111"), segment("4111111111111111.0", place="number")]
    marks = marked(turns, (0, "4111 1111 1111 1111", "CREDIT_CARD"))
    assert marks[1] == ["CREDIT_CARD:4111111111111111.0"]


def test_a_value_found_escaped_is_marked_where_it_is_not_escaped() -> None:
    turns = [segment('{"to": "Caf\\u00e9 Noir"}', escaping="json"), segment("at Café Noir")]
    assert marked(turns, (0, "Caf\\u00e9 Noir", "LOCATION"))[1] == ["LOCATION:Café Noir"]


def test_the_longer_of_two_values_wins() -> None:
    turns = [segment("Tanaka and Kenji Tanaka"), segment("Kenji Tanaka")]
    marks = marked(turns, (0, "Tanaka", "PERSON"), (0, "Kenji Tanaka", "PERSON"))
    assert marks[1] == ["PERSON:Kenji Tanaka"]


def test_without_findings_nothing_is_propagated() -> None:
    assert marked([segment("a"), segment("b")]) == [[], []]


@pytest.mark.parametrize(
    "unit", ["GB29NWBK6016 ", "12 Main Street ", "a.a.", "aA1", "0x", "\\u0061", "山", "山 "]
)
@pytest.mark.parametrize("entity", ["IBAN_CODE", "PERSON"])
def test_B10_steps_grow_with_the_text(unit: str, entity: str) -> None:
    def make(count: int) -> Callable[[], object]:
        text = (unit * count)[:count]
        ends = len(unit) * 2, count // 2, count // 2 + len(unit) * 3
        spans = [
            Span(start=start, end=end, entity=entity, score=0.8, detector="names")
            for start, end in zip((0, *ends), ends, strict=False)
        ]
        return lambda: spread(SegmentTexts([segment(text)]), [tuple(spans)])

    assert grows_linearly(make, 1200)
