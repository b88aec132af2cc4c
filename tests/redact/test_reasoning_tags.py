"""Reasoning in the text: split off, whatever the cut."""

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.redact.reasoning_tags import ThinkSplitter


def split(
    pieces: Iterable[str], *, strict: bool = True, elsewhere: bool = False
) -> tuple[str, str]:
    """The reasoning and the text."""
    splitter = ThinkSplitter(strict=strict)
    if elsewhere:
        splitter.elsewhere()
    parts = [part for piece in pieces for part in splitter.feed(piece)] + splitter.flush()
    assert all(text for _, text in parts)
    return "".join(t for r, t in parts if r), "".join(t for r, t in parts if not r)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
@pytest.mark.parametrize(
    ("text", "strict", "lenient"),
    [
        ("<think>a<b</think>\n\nc", ("a<b", "\n\nc"), ("a<b", "\n\nc")),
        ("\n<think>\na</think>c", ("\na", "\nc"), ("\na", "c")),
        ("a</think>c", ("a", "c"), ("", "a</think>c")),
        ("a <think>b</think> c", ("b", "a  c"), ("", "a <think>b</think> c")),
        ("<think>a</think>b<think>c</think>d", ("ac", "bd"), ("a", "b<think>c</think>d")),
        ("<think>cut", ("cut", ""), ("cut", "")),
        ("plain < text </th", ("", "plain < text </th"), ("", "plain < text </th")),
        ("<thin", ("", "<thin"), ("", "<thin")),
        ("", ("", ""), ("", "")),
    ],
)
def test_T53_reasoning_and_text(
    text: str, strict: tuple[str, str], lenient: tuple[str, str], size: int
) -> None:
    pieces = [text[i : i + size] for i in range(0, len(text), size)]
    assert split(pieces) == strict
    assert split(pieces, strict=False) == lenient


def test_nothing_is_held_for_a_server_that_sends_reasoning_separately() -> None:
    splitter = ThinkSplitter(strict=True)
    splitter.elsewhere()
    assert splitter.feed("Hello") == [(False, "Hello")]


def test_text_is_held_while_the_template_may_have_opened_a_block() -> None:
    splitter = ThinkSplitter(strict=True)
    assert splitter.feed("a secret thought") == []
    assert splitter.feed("</think>") == [(True, "a secret thought")]
    assert splitter.feed("shown") == [(False, "shown")]


@given(
    st.lists(st.sampled_from(["<think>", "</think>", "a", "<", "</", " "]), max_size=12),
    st.lists(st.integers(0, 60), max_size=6),
    st.booleans(),
)
def test_any_cut_gives_the_same(parts: list[str], cuts: list[int], strict: bool) -> None:
    text = "".join(parts)
    edges = [0, *sorted(min(c, len(text)) for c in cuts), len(text)]
    pieces = [text[a:b] for a, b in pairwise(edges)]
    assert split(pieces, strict=strict) == split([text], strict=strict)
