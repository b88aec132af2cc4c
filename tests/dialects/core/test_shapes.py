"""Structural places take what they should and leave nothing free-form through."""

from typing import Any

import pytest

from gateway.dialects.core.shapes import (
    Shape,
    boolean,
    enum,
    for_names,
    integer,
    number,
    one_or_many,
    pattern,
    structural,
    text,
    unsupported,
)
from gateway.dialects.core.walker import Walker
from gateway.errors import ClientError, UnsupportedField

TAKEN = [
    (enum("a", "b"), "a"),
    (integer(0, 5), 5),
    (number(0, 1), 1),
    (number(0, 1), 0.5),
    (boolean(), True),
    (pattern("digits", r"\d+"), "12"),
    (structural("even", lambda value: value % 2 == 0, int), 4),
    (unsupported("never"), None),
]
REFUSED = [
    (enum("a", "b"), "c"),
    (enum("a", "b"), 1),
    (integer(0, 5), 6),
    (integer(0, 5), 1.5),
    (integer(0, 5), True),
    (number(0, 1), 4111111111111111),
    (number(0, 1), "1"),
    (boolean(), 0),
    (boolean(), "true"),
    (pattern("digits", r"\d+"), "12\n"),
    (text(), 1),
    (text(), ["x"]),
    (unsupported("never"), False),
]


@pytest.mark.parametrize(("shape", "value"), TAKEN)
def test_structural_values_pass_unscanned(shape: Shape, value: Any) -> None:
    walker = Walker(shape)
    walker.walk(value)
    assert walker.segments == []


@pytest.mark.parametrize(("shape", "value"), REFUSED)
def test_other_values_are_refused_with_what_is_expected(shape: Shape, value: Any) -> None:
    with pytest.raises(ClientError) as caught:
        Walker(shape).walk(value)
    assert shape.expected in caught.value.message


def test_what_is_not_served_has_its_own_code_and_a_remedy() -> None:
    with pytest.raises(UnsupportedField, match="leave it be"):
        Walker(unsupported("leave it be")).walk({})


@pytest.mark.parametrize("value", ["x", ["x", "y"]])
def test_one_or_many_are_scanned_alike(value: Any) -> None:
    walker = Walker(one_or_many(text(), 2))
    walker.walk(value)
    assert [segment.text for segment in walker.segments] == list(value)


def test_each_gives_one_shape_to_several_keys() -> None:
    shape = boolean()
    assert for_names("a b", shape) == {"a": shape, "b": shape}
