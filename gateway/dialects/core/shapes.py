"""What a dialect knows of its documents, location by location.

A :class:`Shape` states which values are structural (checked, so that no free text can
hide in them) and how other values are scanned. What no shape names is scanned whole: strings,
numbers and keys.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from gateway.errors import ClientError, InvalidRequest, UnsupportedField
from gateway.types import Escaping, Origin, Place

Check: TypeAlias = Callable[[Any], object]
"""Given a scalar of an allowed kind, returns a truthy value when the scalar is valid."""

NULL: Final = type(None)
ANYTHING: Final[frozenset[type]] = frozenset({str, int, float, bool, list, dict, NULL})

_MAX_INTEGER: Final = 2**32
"""Bound on structural whole numbers: a larger one could be an identity number or a card number."""


# Compared by identity: a shape may contain itself, so comparing the fields would not end.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shape:
    """What is accepted at one location of a document. ``null`` usually is."""

    expected: str = "a JSON value"
    """What is accepted, as the refusal of anything else words it."""
    error: type[ClientError] = InvalidRequest
    kinds: frozenset[type] = ANYTHING

    check: Check | None = None
    """For strings, numbers and booleans. A value that fails is refused, or read as ``fallback``."""
    fallback: "Shape | None" = None
    scanned: bool = True
    place: Place = "prose"
    escaping: Escaping = "none"
    origin: Origin | None = None
    """Who wrote the value and what is below it; ``None``: the same as above it."""
    modality: str = ""
    """A kind of content that no detector reads, recorded when the location is present."""

    fields: Mapping[str, "Shape"] = field(default_factory=dict)
    """The keys that the dialect knows."""
    required: tuple[str, ...] = ()
    discriminator: str = ""
    """The key whose value selects one of ``variants``."""
    default: str = ""
    """The variant of an object without that key; ``""``: the key is required."""
    variants: Mapping[str, "Shape"] = field(default_factory=dict)
    additional: "Shape | None" = None
    """The shape under other keys; ``None``: no other keys are accepted, unless ``recursive``."""
    recursive: bool = False
    """Members under other keys have this same shape."""
    refuse_key: Callable[[str], str | None] | None = None
    """Returns why another key is refused, or ``None``."""
    key_place: Place = "key"
    key_check: Check | None = None
    """Makes the other keys structural: one that fails is refused, and none is scanned."""

    items: "Shape | None" = None
    """The shape of each item of an array; ``None``: this same shape."""
    min_items: int = 0
    max_items: int = 100_000
    """Bounds on the number of items or members."""


def for_names(names: str, shape: Shape) -> dict[str, Shape]:
    """One shape for several keys, which are separated by white space."""
    return dict.fromkeys(names.split(), shape)


def structural(expected: str, check: Check, *kinds: type) -> Shape:
    """A value that is checked instead of scanned."""
    return Shape(expected=expected, kinds=frozenset({*kinds, NULL}), check=check, scanned=False)


def enum(*allowed: str) -> Shape:
    """One of a closed set of strings."""
    return structural("one of " + ", ".join(allowed), frozenset(allowed).__contains__, str)


def pattern(expected: str, expression: str) -> Shape:
    """A string that the expression matches in full."""
    # fullmatch: `$` would accept a line break at the end.
    return structural(expected, re.compile(expression).fullmatch, str)


def integer(minimum: int = -1, maximum: int = _MAX_INTEGER) -> Shape:
    """A whole number within bounds."""
    expected = f"a whole number from {minimum} to {maximum}"
    return structural(expected, lambda value: minimum <= value <= maximum, int)


def number(minimum: float = -1000, maximum: float = 1000) -> Shape:
    """A number within bounds."""
    expected = f"a number from {minimum:g} to {maximum:g}"
    return structural(expected, lambda value: minimum <= value <= maximum, int, float)


def boolean() -> Shape:
    """True or false, which can hold no text."""
    return Shape(expected="true or false", kinds=frozenset({bool, NULL}))


def text(
    place: Place = "prose", escaping: Escaping = "none", origin: Origin | None = None
) -> Shape:
    """A scanned string."""
    return Shape(
        expected="a string",
        kinds=frozenset({str, NULL}),
        place=place,
        escaping=escaping,
        origin=origin,
    )


def array(
    items: Shape, *, expected: str = "", min_items: int = 0, max_items: int = 100_000
) -> Shape:
    """An array whose items have one shape."""
    return Shape(
        expected=expected or f"an array, each item {items.expected}",
        kinds=frozenset({list, NULL}),
        items=items,
        min_items=min_items,
        max_items=max_items,
    )


def one_or_many(item: Shape, max_items: int) -> Shape:
    """A scalar, or an array of such scalars."""
    return Shape(
        expected=f"{item.expected}, or an array of such",
        kinds=item.kinds | {list},
        check=item.check,
        scanned=item.scanned,
        place=item.place,
        items=item,
        max_items=max_items,
    )


def unsupported(remedy: str) -> Shape:
    """A field that the API has and the gateway does not serve; ``null`` is accepted."""
    return Shape(expected=f"left out: {remedy}", error=UnsupportedField, kinds=frozenset({NULL}))
