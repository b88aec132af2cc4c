"""Chunks read by what they share with an earlier one: always the same events as read in full."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.types import Event, TextDelta
from gateway.upstream.protocol.events import EventReader


def chunk(text: str, *, index: int = 0, **more: Any) -> bytes:
    choice = {"index": index, "delta": {"content": text}, "finish_reason": None, **more}
    return orjson.dumps({"id": "c1", "model": "m", "created": 7, "choices": [choice]})


def in_full(data: bytes) -> list[Event]:
    """What a reader gives that has read only the start."""
    reader = EventReader()
    reader.read(chunk(""), "delta")
    return reader.read(data, "delta")


def taught(*texts: str) -> EventReader:
    reader = EventReader()
    for text in ("", *texts):
        reader.read(chunk(text), "delta")
    return reader


@given(st.lists(st.text(min_size=1), min_size=1, max_size=8))
def test_any_text_is_read_as_in_full(texts: list[str]) -> None:
    reader = taught("a word")
    for text in texts:
        assert reader.read(chunk(text), "delta") == [TextDelta(choice=0, text=text)]


@pytest.mark.parametrize(
    "word", ["m", "c1", "index", "0", "delta", "content", "id", '"', "\\", "\n"]
)
def test_a_text_that_occurs_elsewhere_in_the_chunk_makes_no_wrong_template(word: str) -> None:
    reader = taught(word)
    for text in ("other", word, "é\x00"):
        assert reader.read(chunk(text), "delta") == [TextDelta(choice=0, text=text)]


@pytest.mark.parametrize(
    "data",
    [
        chunk("x", index=1),
        chunk("x", finish_reason="stop"),
        chunk(""),
        chunk("x", delta={"content": "x", "refusal": "no"}),
        chunk("x", delta={"content": "x", "audio": {"transcript": "y"}}),
        chunk("x", delta={"content": None}),
        chunk("a").replace(b'"a"', b'"a","content":"b"'),
        chunk("a").replace(b'"a"', b'"a","x":"b"'),
        chunk("a").replace(b'"a"', b'"\\u0061"'),
    ],
)
def test_what_differs_in_more_than_its_text_is_read_in_full(data: bytes) -> None:
    assert taught("a word").read(data, "delta") == in_full(data)


def test_a_choice_that_goes_on_after_its_end_is_open_again() -> None:
    reader = taught("a word")
    reader.read(chunk("", finish_reason="stop"), "delta")
    assert reader.finished
    reader.read(chunk("more"), "delta")
    assert not reader.finished
