"""A value may be where no reader has it in an address."""

import pytest

from gateway.redact.markup.position import Position
from tests.redact.markup.replies import attempts

HOSTS = frozenset({"known.example"})


def allows(text: str, size: int = 10_000) -> bool:
    position = Position(HOSTS)
    for start in range(0, len(text), size):
        position.feed(text[start : start + size])
    return position.allows("kenjitanaka7", "")


@pytest.mark.parametrize("size", [1, 3, 10_000])
def test_the_value_is_allowed_nowhere_in_the_attempts(size: int) -> None:
    for attempt in attempts():
        before, _, after = attempt.partition("{P}")
        if not after.startswith((".", "@", "=", "$", "`")):
            assert not allows(before, size), attempt


@pytest.mark.parametrize("size", [1, 3, 10_000])
@pytest.mark.parametrize(
    "text",
    ["Dear ", "[", "# ", "`", "```\n", "| ", "> - ", "[x](https://evil.example/)", "a <b and ", ""],
)
def test_it_is_allowed_in_text(text: str, size: int) -> None:
    assert allows(text, size)
