from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.detect.rules.ruleset import ENTITIES, apply_rules

TEXT = "Mail ann@example.com or call 03-1234-5678; card 4111 1111 1111 1111, password is hunter2!"


def test_spans_are_disjoint_sorted_and_of_known_entities() -> None:
    spans = apply_rules(TEXT)
    assert [s.entity for s in spans] == [
        "EMAIL_ADDRESS", "PHONE_NUMBER", "CREDIT_CARD", "SECRET_PASSWORD",
    ]  # fmt: skip
    assert all(a.end <= b.start for a, b in pairwise(spans))
    assert {s.entity for s in spans} <= ENTITIES


@pytest.mark.parametrize(
    "written",
    [
        "taro@\u200bexample.com", "taro\u00ad@example.com", "ta\u202ero@example.com", "ｔａｒｏ＠ｅｘａｍｐｌｅ．ｃｏｍ",
        "４１１１１１１１１１１１１１１１", "4111\u2011111111111111", "٤١١١١١١١١١١١١١١١",
        "０９０−１２３４−５６７８", "090ー1234ー5678",
    ],
)  # fmt: skip
def test_T09_width_invisible_characters_and_hyphens_hide_nothing(written: str) -> None:
    text = f"「{written}」です"
    assert [text[s.start : s.end] for s in apply_rules(text)] == [written]


@settings(deadline=None)
@given(st.text(max_size=200), st.text(max_size=20))
def test_any_text_gives_disjoint_spans_inside_it(text: str, key: str) -> None:
    edge = 0
    for span in apply_rules(text, key):
        assert edge <= span.start < span.end <= len(text)
        edge = span.end


@pytest.mark.parametrize(
    "text",
    [
        "1" * 50_000, "1-" * 25_000, "a@" * 25_000, "a." * 25_000, "password " * 6_000, "eyJ" * 20_000,
        "sk-" * 20_000, "(03" * 20_000, ":" * 50_000, "東京都" * 10_000, "東京都千代田区" * 5_000, "GB82" * 12_000,
        "-----BEGIN PRIVATE KEY-----" * 1_000, "https://a:b" * 4_000, "パスワードは" * 8_000, "\u200b1" * 20_000,
        "[" * 50_000, "password is " + "a" * 50_000,
    ],
)  # fmt: skip
def test_hostile_texts_take_no_more_than_linear_time(text: str) -> None:
    """A rule that backtracks without bound would not end on one of these."""
    apply_rules(text, text[:100])
