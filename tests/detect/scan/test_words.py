"""Words of a streamed reply: where they end, and which may be part of a finding."""

import pytest

from gateway.detect.scan.words import (
    joins,
    may_be_sensitive,
    may_hold_keyword,
    numerals,
    run_word_end,
    word_end,
)

LONGEST = 8192


def test_a_word_ends_at_white_space_kana_and_kanji() -> None:
    text = "abc-1です 二つ"
    assert word_end(text, 0, len(text)) == 5
    assert word_end(text, 5, len(text)) == 5
    assert word_end(text, 0, 3) == 3
    assert word_end(text, 0, len(text), scanned=4) == 5


def test_kanji_numerals_continue_a_word_of_a_run() -> None:
    text = "09〇一二で"
    assert run_word_end(text, 0, len(text)) == 5
    assert run_word_end(text, 5, len(text)) == 5


@pytest.mark.parametrize("word", ["hello,", "(see", "**bold**", "it's", "-", "|", "état", "привет"])
def test_plain_words_are_not_sensitive(word: str) -> None:
    assert not may_be_sensitive(word, 0, len(word), LONGEST)


@pytest.mark.parametrize(
    "word", ["a1", "kim@x", "kim%40x", "x&#64;y", "a\\u0040", "abcdefghijklmnop", "〒", "\u200b"]
)
def test_words_with_digits_symbols_or_many_letters_are_sensitive(word: str) -> None:
    assert may_be_sensitive(word, 0, len(word), LONGEST)


def test_any_word_is_sensitive_after_a_keyword_on_its_line() -> None:
    for text, sensitive in (("password is Hunter", True), ("password\nis Hunter", False)):
        assert may_be_sensitive(text, text.index("Hunter"), len(text), LONGEST) == sensitive
    assert may_be_sensitive("plain", 0, 5, 5)


@pytest.mark.parametrize(
    ("word", "joined"), [("WEST", True), ("ab", True), ("二", True), ("12", True), ("word", False)]
)
def test_words_that_continue_a_run(word: str, joined: bool) -> None:
    assert joins(word, 0, len(word), LONGEST) == joined


@pytest.mark.parametrize(
    ("text", "end", "enough"),
    [
        ("〇九〇一二三四五", 8, True),
        ("〇九〇-一二三四-五", 10, True),
        ("二〇二六年", 4, False),
        ("年", 0, False),
    ],
)
def test_numerals_are_a_number_from_seven_on(text: str, end: int, enough: bool) -> None:
    found, many = numerals(text, 0, len(text))
    assert many == enough
    assert many or found == end


def test_a_keyword_has_a_stem() -> None:
    assert may_hold_keyword("my api key")
    assert not may_hold_keyword("hello")
