"""Brackets and destinations, as far as no reader can doubt them."""

import pytest

from gateway.redact.markup.links import Brackets, Definition, Destination
from gateway.redact.markup.position import Position

HOSTS = frozenset({"known.example"})


def destination(text: str) -> Destination | None:
    position = Position(HOSTS)
    position.feed(text)
    position.read()
    return position._destination


@pytest.mark.parametrize(
    "text", ["[x](a", "[x](a(b)", "[x](<a)", "[x](\\)", "[x](a b", "[x](a\nb", "url(a", "[x](<\\>)"]
)
def test_a_destination_is_open(text: str) -> None:
    assert destination(text) is not None


@pytest.mark.parametrize(
    "text", ["[x](a)", "[x](a(b))", "[x](<a>)", "[x](a\n\n", "[x] (a", "curl(a"]
)
def test_a_destination_has_ended(text: str) -> None:
    assert destination(text) is None


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("[x](https://known.example/", True),
        ("[![a](b)](https://known.example/", True),
        ("![x](https://known.example/", False),
        ("![a [b](c) d](https://known.example/", False),
        ("![a `[` b](https://known.example/", False),
        ("[x](https://evil.example/", False),
        ("[x](/", False),
        ("[x](https://known.example/[y](https://known.example/", True),
        ("[x](https://evil.example/[y](https://known.example/", False),
    ],
)
def test_links_to_named_hosts_and_no_images(text: str, *, allowed: bool) -> None:
    found = destination(text)
    assert found is not None
    assert found.allows("Kenji", ")") is allowed


def test_brackets_are_bounded() -> None:
    brackets = Brackets()
    for _ in range(1000):
        brackets.open(image=False, plain=True)
    assert len(brackets._open) <= 64
    brackets.close()
    assert brackets.image


def test_addresses_are_bounded() -> None:
    found = destination("[x](https://known.example/" + "(a" * 1000)
    assert found is not None
    assert len(found._address) <= 512
    assert found.allows("Kenji", "")


@pytest.mark.parametrize(("text", "ended"), [(" a", False), (" a ", True), (" ", False)])
def test_a_definition_ends_with_its_destination(text: str, *, ended: bool) -> None:
    assert Definition().plain_text(text) is ended


def test_a_definition_in_angle_brackets_may_hold_spaces() -> None:
    definition = Definition()
    definition.mark("<", margin=False, escaped=False)
    assert not definition.plain_text("a b c")
    definition.mark(">", margin=False, escaped=True)
    assert not definition.plain_text("a b c")
