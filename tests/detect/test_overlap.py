from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.detect.base import CERTAIN, Span
from gateway.detect.overlap import resolve_overlaps
from tests.parts.steps import grows_linearly


def span(start: int, end: int, entity: str = "URL", score: float = 0.5) -> Span:
    return Span(start=start, end=end, entity=entity, score=score, detector="test")


def texts(spans: tuple[Span, ...], text: str) -> list[tuple[str, str]]:
    return [(s.entity, text[s.start : s.end]) for s in spans]


TEXT = "write to ann@example.com/inbox now"


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([span(9, 24, "EMAIL_ADDRESS", 0.9), span(13, 24)], [("EMAIL_ADDRESS", "ann@example.com")]),
        ([span(9, 24, "EMAIL_ADDRESS"), span(9, 24, "URL", 0.9)], [("URL", "ann@example.com")]),
        (
            [span(9, 24, "EMAIL_ADDRESS", CERTAIN), span(13, 30)],
            [("EMAIL_ADDRESS", "ann@example.com"), ("URL", "inbox")],
        ),
        (
            [span(13, 20, "PHONE_NUMBER", CERTAIN), span(9, 24)],
            [("URL", "ann"), ("PHONE_NUMBER", "example"), ("URL", "com")],
        ),
        ([span(5, 9), span(8, 9)], [("URL", "to")]),
        ([span(12, 13)], []),
        ([], []),
    ],
)
def test_T08_overlaps_are_resolved_and_nothing_covered_is_uncovered(
    spans: list[Span], expected: list[tuple[str, str]]
) -> None:
    assert texts(resolve_overlaps(spans, TEXT), TEXT) == expected


@pytest.mark.parametrize("gap", ["", " ", "\u3000", "・"])
def test_parts_of_a_name_become_one(gap: str) -> None:
    text = f"中村{gap}千代 様"
    parts = [span(0, 2, "PERSON", 0.5), span(2 + len(gap), 4 + len(gap), "PERSON", 0.8)]
    (name,) = resolve_overlaps(parts, text)
    assert (text[name.start : name.end], name.score) == (f"中村{gap}千代", 0.8)


def test_names_apart_and_neighbours_of_other_kinds_stay_apart() -> None:
    text = "Ann, Bob Paris"
    spans = [span(0, 3, "PERSON"), span(5, 8, "PERSON"), span(9, 14, "LOCATION")]
    assert len(resolve_overlaps(spans, text)) == 3


@given(
    st.text(alphabet="ab1 -", min_size=1, max_size=30),
    st.lists(
        st.tuples(
            st.integers(0, 29),
            st.integers(1, 12),
            st.sampled_from(("PERSON", "URL", "CREDIT_CARD")),
            st.sampled_from((0.5, 0.8, CERTAIN)),
        ),
        max_size=12,
    ),
)
def test_every_letter_and_digit_that_was_covered_stays_covered(
    text: str, drawn: list[tuple[int, int, str, float]]
) -> None:
    spans = [
        span(start, min(len(text), start + size), entity, score)
        for start, size, entity, score in drawn
        if start < len(text)
    ]
    resolved = resolve_overlaps(spans, text)
    edge = 0
    for one in resolved:
        assert edge <= one.start < one.end
        assert text[one.start : one.end] == text[one.start : one.end].strip()
        edge = one.end
    before = {i for s in spans for i in range(s.start, s.end) if text[i].isalnum()}
    after = {i for s in resolved for i in range(s.start, s.end) if text[i].isalnum()}
    assert before == after
    assert resolved == resolve_overlaps(reversed(spans), text)


@pytest.mark.parametrize(
    ("text", "spans", "expected"),
    [
        (
            "4111111111111111, IBAN DE89",
            [(0, 16, "CREDIT_CARD", CERTAIN), (0, 27, "LOCATION", 0.5)],
            [("CREDIT_CARD", "4111111111111111"), ("LOCATION", "IBAN DE89")],
        ),
        ("Kenjiro", [(0, 5, "URL", CERTAIN), (3, 7, "PERSON", 0.5)], [("URL", "Kenjiro")]),
        ("Kenjiro", [(3, 7, "URL", CERTAIN), (0, 5, "PERSON", 0.5)], [("URL", "Kenjiro")]),
        ("12345678", [(2, 4, "A", CERTAIN), (0, 8, "B", 0.5)], [("A", "12345678")]),
        (r"\nTanaka", [(2, 8, "A", CERTAIN), (0, 8, "B", 0.5)], [("B", r"\n"), ("A", "Tanaka")]),
    ],
)
def test_B80_no_separator_is_covered_and_no_word_is_divided(
    text: str, spans: list[tuple[int, int, str, float]], expected: list[tuple[str, str]]
) -> None:
    assert texts(resolve_overlaps([span(*one) for one in spans], text), text) == expected


@pytest.mark.parametrize("unit", ["GB29NWBK6016 ", "a.a.", "aA1", "0x", "x", "山"])
@pytest.mark.parametrize("size", [1, 3, 50])
def test_B10_steps_grow_with_the_spans(unit: str, size: int) -> None:
    def make(count: int) -> Callable[[], object]:
        text = (unit * count)[:count]
        long = [span(0, count), span(0, count // 2, score=CERTAIN)]
        short = [span(at, at + size, "PERSON", at % 7 / 10) for at in range(0, count - size, 2)]
        return lambda: resolve_overlaps([*long, *short], text)

    assert grows_linearly(make, 400)


@pytest.mark.parametrize("scheme", ["https", "postgresql+psycopg", "jdbc:oracle:thin"])
def test_B29_the_scheme_of_a_url_is_no_finding_where_others_cover_the_rest(scheme: str) -> None:
    text = f"see {scheme}://hooks.example/T0/B0/secret now"
    url = Span(start=4, end=len(text) - 4, entity="URL", score=0.9, detector="d")
    secret = Span(
        start=text.index("hooks"), end=url.end, entity="SECRET_API_KEY", score=1.0, detector="d"
    )
    assert resolve_overlaps([url, secret], text) == (secret,)
