"""Every state that an HTML reader may be in is held."""

import pytest

from gateway.redact.markup.position import Position
from gateway.redact.markup.tags import Tags


def in_value(text: str) -> bool:
    position = Position(frozenset())
    position.feed(text)
    position.read()
    return position._tags.in_value


@pytest.mark.parametrize(
    "text",
    [
        "<a href=",
        "<a href = ",
        "<a href=x",
        '<a href="x y',
        "<a href='x\n\ny",
        "<a/href=",
        "<a b='>' href=",
        '<a title="<b c=',
        "> <a\n> href=",
        "<script>",
        "<STYLE media=print>",
        "<script><script></script>",
        "<style>`</style>`",
        "<style>\\</style>",
    ],
)
def test_values_of_attributes_and_text_that_is_not_prose(text: str) -> None:
    assert in_value(text)


@pytest.mark.parametrize(
    "text",
    [
        "a < b = ",
        "<a ",
        "<a b",
        "<a b=c ",
        "<a b=c>",
        "<style></style>",
        "<styled-x>",
        "`<style>` ",
    ],
)
def test_other_places(text: str) -> None:
    assert not in_value(text)


@pytest.mark.parametrize(
    ("tag", "whole"),
    [
        ('a href="x">', True),
        ("/a>", True),
        ("https://evil.example/>", True),
        ('a "x">', False),
        ("a b=`c`>", False),
        ("a b='|'>", False),
    ],
)
def test_a_tag_is_whole_when_no_reader_can_doubt_it(tag: str, *, whole: bool) -> None:
    position = Position(frozenset())
    position.feed(f"<{tag[:-1]}")
    position.read()
    assert position._tags.close(margin=False) is whole


def test_a_tag_of_any_length_is_bounded() -> None:
    tags = Tags()
    tags.begin()
    for _ in range(1000):
        tags.plain("abcdefgh ")
    assert len(tags._tag) < 1024
    assert tags.in_tag
