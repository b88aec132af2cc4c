"""What a dialect knows of its documents, place by place.

A :class:`Shape` tells the walker which values are structural (checked, so that no free text can
hide in them) and how the rest is scanned. What no shape names is scanned whole: strings, numbers
and keys.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from gateway.errors import ClientError, InvalidRequest, UnsupportedField
from gateway.types import Escaping, LeafKind, Origin

Check: TypeAlias = Callable[[Any], object]
"""Takes a scalar of an allowed kind; a truthy answer means that it is as it must be."""

NULL: Final = type(None)
ANYTHING: Final[frozenset[type]] = frozenset({str, int, float, bool, list, dict, NULL})

_MOST: Final = 2**32
"""Bound on structural whole numbers: above it, an identity number or a card number could hide."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shape:
    """One place in a document, and what may stand there. ``null`` mostly passes."""

    expected: str = "a JSON value"
    """What belongs here, in words, for the refusal of anything else."""
    error: type[ClientError] = InvalidRequest
    kinds: frozenset[type] = ANYTHING

    check: Check | None = None
    """For strings, numbers and booleans; one that fails is refused, or read as ``fallback``."""
    fallback: "Shape | None" = None
    scanned: bool = True
    place: LeafKind = "string"
    escaping: Escaping = "none"
    origin: Origin | None = None
    """Who wrote what is here and below; ``None``: the same as above."""
    modality: str = ""
    """A kind of content that no detector reads, counted when this place is met."""

    fields: Mapping[str, "Shape"] = field(default_factory=dict)
    """The keys that the dialect knows."""
    required: tuple[str, ...] = ()
    discriminator: str = ""
    """Key whose value chooses among ``variants``."""
    default: str = ""
    """The variant of an object that lacks that key; ``""``: it must be there."""
    variants: Mapping[str, "Shape"] = field(default_factory=dict)
    additional: "Shape | None" = None
    """What stands under other keys; ``None``: there may be no other keys."""
    recursive: bool = False
    """Members and items have this very shape."""
    refuse_key: Callable[[str], str | None] | None = None
    """Why another key is refused, in words, or ``None``."""
    key_place: LeafKind = "key"
    key_check: Check | None = None
    """Makes the other keys structural."""

    items: "Shape | None" = None
    """What stands in an array; ``None``: this very shape."""
    least: int = 0
    most: int = 100_000
    """Bounds on the number of items or members."""


def for_names(names: str, shape: Shape) -> dict[str, Shape]:
    """One shape for several keys, given in one string."""
    return dict.fromkeys(names.split(), shape)


def structural(expected: str, check: Check, *kinds: type) -> Shape:
    """A place whose value is checked instead of scanned."""
    return Shape(expected=expected, kinds=frozenset({*kinds, NULL}), check=check, scanned=False)


def enum(*allowed: str) -> Shape:
    """One of a few words."""
    return structural("one of " + ", ".join(allowed), frozenset(allowed).__contains__, str)


def pattern(expected: str, expression: str) -> Shape:
    """A string that the expression matches whole."""
    return structural(expected, re.compile(expression).fullmatch, str)


def integer(least: int = -1, most: int = _MOST) -> Shape:
    """A whole number within bounds."""
    expected = f"a whole number from {least} to {most}"
    return structural(expected, lambda value: least <= value <= most, int)


def number(least: float = -1000, most: float = 1000) -> Shape:
    """A number within bounds."""
    expected = f"a number from {least:g} to {most:g}"
    return structural(expected, lambda value: least <= value <= most, int, float)


def boolean() -> Shape:
    """True or false: it holds no text."""
    return Shape(expected="true or false", kinds=frozenset({bool, NULL}))


def text(
    place: LeafKind = "string", escaping: Escaping = "none", origin: Origin | None = None
) -> Shape:
    """A scanned string."""
    return Shape(
        expected="a string",
        kinds=frozenset({str, NULL}),
        place=place,
        escaping=escaping,
        origin=origin,
    )


def array(items: Shape, *, expected: str = "", least: int = 0, most: int = 100_000) -> Shape:
    """An array of one shape."""
    return Shape(
        expected=expected or f"an array, each item {items.expected}",
        kinds=frozenset({list, NULL}),
        items=items,
        least=least,
        most=most,
    )


def one_or_many(item: Shape, most: int) -> Shape:
    """A scalar, or an array of such."""
    return Shape(
        expected=f"{item.expected}, or an array of such",
        kinds=item.kinds | {list},
        check=item.check,
        scanned=item.scanned,
        place=item.place,
        items=item,
        most=most,
    )


def unsupported(remedy: str) -> Shape:
    """A field that the API has and the gateway does not serve; ``null`` passes."""
    return Shape(expected=f"left out: {remedy}", error=UnsupportedField, kinds=frozenset({NULL}))
