import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.text.normalized import normalized, without_separators


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Kenji\n\t Tanaka", "kenji tanaka"),
        ("Ｋｅｎｊｉ\u3000ﾀﾅｶ", "kenji タナカ"),
        ("a\x85b\u2028c\xa0d", "a b c d"),
        ("ta\u200bro", "taro"),
    ],
)
def test_the_form_in_which_values_are_compared(text: str, expected: str) -> None:
    assert normalized(text).text == expected


@given(st.text(st.sampled_from("aB1 \n\u3000\u200bＡｶ-.\x85"), max_size=40))
def test_every_character_is_where_it_came_from(text: str) -> None:
    view = normalized(text)
    for at, character in enumerate(view.text):
        start, end = view.original(at, at + 1)
        assert normalized(text[start:end]).text[:1] == character


@given(st.text(st.sampled_from("a12 -.()/"), max_size=30))
def test_separators_between_digits_are_dropped(text: str) -> None:
    view = without_separators(text)
    assert [c for c in view.text if c.isalnum()] == [c for c in text if c.isalnum()]
    for at, character in enumerate(view.text):
        assert text[view.original(at, at + 1)[0]] == character


def test_a_number_has_one_form() -> None:
    written = ("090-1234-5678", "(090) 1234 5678", "090.1234/5678")
    assert {without_separators(one).text.strip("(") for one in written} == {"09012345678"}


def test_runs_are_one_entry_of_the_map() -> None:
    view = normalized("word  " * 1000)
    assert view.offsets is not None
    assert len(view.offsets._starts) <= 1001
