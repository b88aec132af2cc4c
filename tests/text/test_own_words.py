"""The gateway's own words are marked, and the caller's are not."""

import copy

import orjson
from hypothesis import given
from hypothesis import strategies as st

from gateway.text.own_words import OwnWords, callers_text, joined, prefixed


def test_only_the_gateways_words_are_cut_out() -> None:
    assert callers_text("Tanaka") == "Tanaka"
    assert callers_text(OwnWords("output")) == "\0"
    assert callers_text(prefixed("Error: ", "Tanaka")) == "\0Tanaka"
    assert callers_text(joined("\n", ["Kenji", "Tanaka"])) == "Kenji\0Tanaka"
    assert callers_text(joined("", ["Kenji", "Tanaka"])) == "Kenji\0Tanaka"
    assert callers_text(joined("\n", ["x", prefixed("E ", "y")])) == "x\0\0y"


def test_they_are_ordinary_text_otherwise() -> None:
    made = joined("\n", ["a", "b"])
    assert (made, joined("\n", [])) == ("a\nb", "")
    assert orjson.dumps({"x": made}) == b'{"x":"a\\nb"}'


def test_a_copy_keeps_the_mark_and_a_changed_text_loses_it() -> None:
    made = prefixed("Error: ", "x")
    assert callers_text(copy.deepcopy({"a": [made]})["a"][0]) == "\0x"
    assert callers_text(made.strip()) == "Error: x"


@given(st.lists(st.text(max_size=4), max_size=4), st.text(max_size=2))
def test_what_is_joined_is_what_join_gives(texts: list[str], separator: str) -> None:
    made = joined(separator, texts)
    assert made == separator.join(texts)
    assert callers_text(made) == "\0".join(texts)
