from gateway.text.occurrences import Occurrences
from gateway.text.segment_texts import SegmentTexts
from gateway.types import Escaping, Place, Segment


def segment(text: str, escaping: Escaping = "none", place: Place = "prose") -> Segment:
    return Segment(path=("x",), origin="user", text=text, escaping=escaping, place=place)


def found(value: str, *segments: Segment) -> list[tuple[int, str, Place]]:
    texts = SegmentTexts(segments)
    return sorted(
        (one.segment, segments[one.segment].text[one.start : one.end], one.place)
        for one in texts.find(Occurrences([value]))
    )


def test_the_place_of_the_leaf_or_literal_is_reported() -> None:
    raw = '{"4111111111111111": "4111 1111 1111 1111", "n": 4111111111111111}'
    expected = [
        (0, "4111 1111 1111 1111", "literal"),
        (0, "4111111111111111", "key"),
        (0, "4111111111111111", "number"),
    ]
    assert found("4111111111111111", segment(raw, "json")) == expected
    escaped = raw.replace("{", '{"a": "\\n", ')
    assert found("4111111111111111", segment(escaped, "json")) == expected
    assert found("4111111111111111", segment("4111111111111111", place="key")) == [
        (0, "4111111111111111", "key")
    ]


def test_an_occurrence_is_in_one_literal() -> None:
    assert found("Tanaka,Sato", segment('["Tanaka","Sato"]', "json")) == []
    assert found("Kenji Tanaka", segment('["Kenji\\u0020Tanaka"]', "json")) == [
        (0, "Kenji\\u0020Tanaka", "literal")
    ]
    assert found("Tanaka", segment('["Tanaka', "json")) == [(0, "Tanaka", "prose")]


def test_the_text_is_made_once_and_only_when_needed() -> None:
    texts = SegmentTexts([segment("Tanaka"), segment('{"a": "b"}', "json")])
    assert list(texts.find(Occurrences([]))) == []
    assert "request_text" not in vars(texts)
    assert texts.request_text is texts.request_text
    assert texts.size == 16
