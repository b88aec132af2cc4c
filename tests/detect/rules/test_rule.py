import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.detect.rules import identifiers
from gateway.detect.rules.ja import identifiers as ja
from gateway.detect.rules.rule import (
    CONTEXT_REACH,
    PreparedText,
    Rule,
    context_pattern,
    find_all,
    strip_separators,
)

RULE = Rule(
    name="badge",
    entity="BADGE",
    pattern=re.compile(r"B[0-9]{3}(?:-[0-9])?"),
    score=0.5,
    literals=("b",),
    digits=True,
    check=lambda digits: digits != "B000",
    context=context_pattern("badge"),
)


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ("badge B123", "", [(6, 10)]),
        ("Badge: B123-4.", "", [(7, 13)]),
        ("badge B000", "", []),
        ("B123 is a badge", "", []),
        ("B123", "badge", [(0, 4)]),
        ("B123", "Badge", [(0, 4)]),
        ("B123", "abadge", []),
        ("badge " + " " * (CONTEXT_REACH - 6) + "B123", "", [(CONTEXT_REACH, CONTEXT_REACH + 4)]),
        ("badge " + " " * CONTEXT_REACH + "B123", "", []),
    ],
)
def test_a_match_counts_with_its_check_and_its_context(
    text: str, key: str, expected: list[tuple[int, int]]
) -> None:
    spans = find_all([RULE], PreparedText.of(text, key))
    assert [(span.start, span.end) for span in spans] == expected
    assert {span.entity for span in spans} <= {"BADGE"}


def test_offsets_hold_where_lower_case_is_longer() -> None:
    prepared = PreparedText.of("İ badge B123", "")
    assert len(prepared.lowered) == len(prepared.text)
    assert [(s.start, s.end) for s in RULE.find(prepared)] == [(8, 12)]


def test_separators_are_not_part_of_a_number() -> None:
    assert strip_separators("(03) 1234-56.78/9") == "03123456789"


@given(st.text(st.sampled_from("0123456789 -.()+xAB日"), max_size=60))
def test_rules_for_numbers_find_what_they_would_find_in_all_of_the_text(text: str) -> None:
    prepared = PreparedText.of(text, "")
    for rule in (*identifiers.RULES, *ja.RULES):
        if rule.numeric:
            everywhere = [match.span() for match in rule.pattern.finditer(text)]
            assert [match.span() for match in prepared.matches(rule.pattern)] == everywhere
