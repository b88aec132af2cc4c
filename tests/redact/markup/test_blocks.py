"""What is certain about code spans and HTML blocks, from the lines of a paragraph."""

import pytest

from gateway.redact.markup.blocks import Blocks
from gateway.redact.markup.position import Position


def after(text: str) -> Blocks:
    position = Position(frozenset())
    position.feed(text)
    position.read()
    position._end_ticks()
    return position._blocks


@pytest.mark.parametrize("text", ["a", "`a` b", "`a` `b`", "```\na\n```\n", "`\n\n", "- `a` b\n- "])
def test_markdown_is_read_and_no_code_is_open(text: str) -> None:
    assert after(text).inline


@pytest.mark.parametrize(
    "text",
    ["`a", "``a`", "\\`a`", "`a\n", "<a b=`c`", "| `a | b` | ", "<div>\n", "<!--\n\n", "<pre>\n\n"],
)
def test_it_is_not_certain(text: str) -> None:
    assert not after(text).inline


@pytest.mark.parametrize(
    "text", ["<!-- a\n\n-->\n\n", "<pre>\n\n</pre>\n\n", "<?php\n?>\n\n", "<!DOCTYPE html>\n\n"]
)
def test_an_html_block_ends_after_its_end(text: str) -> None:
    assert after(text).inline


@pytest.mark.parametrize(
    ("text", "margin"), [("", True), ("> - 1. ", True), ("a", False), ("a\n", True), ("[", False)]
)
def test_the_margin_of_a_line(text: str, *, margin: bool) -> None:
    assert after(text).margin is margin


def test_a_label_may_begin_at_the_margin_of_any_line_of_the_paragraph() -> None:
    assert after("a\n> [r").label
    assert not after("a [r").label
    assert not after("[r\n\n").label
    assert not after("[r] ").label
