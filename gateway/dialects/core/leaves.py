"""The leaf rule, read on a document that is about to be sent: which of its texts can be the caller's, and their places.

The shapes by which requests are parsed say which values are structural: checked, or set by the gateway. They hold no text of the
caller's. Everything else is such a text: what a shape does not know, and what it would refuse, too. Nothing is refused here.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple, TypeAlias

import orjson

from gateway.dialects.core.shapes import Shape
from gateway.text.embedded_json import literals, unescape
from gateway.text.own_words import callers_text
from gateway.text.places import INSIDE_JSON
from gateway.types import Json, Place

_ANY: Final = Shape(recursive=True)
_CONTAINERS: Final = frozenset({dict, list})
_Visit: TypeAlias = tuple[Json, Shape]


class PlacedText(NamedTuple):
    """One text of a document, without JSON escapes."""

    text: str
    place: Place

    def __repr__(self) -> str:
        return f"PlacedText({self.place})"


def placed_texts(document: Json, root: Shape) -> Iterator[PlacedText]:
    """Every text of the document that can be the caller's: strings, numbers and object keys.

    Args:
        document: as it will be dumped.
        root: the shape of its format.
    """
    # A stack instead of recursion: the caller chooses the depth.
    stack: list[_Visit] = [(document, root)]
    while stack:
        value, shape = stack.pop()
        value = _json_value(value)
        kind = type(value)
        if value is None or kind is bool:
            continue
        if (str if isinstance(value, str) else kind) not in shape.kinds:
            shape = _ANY
        if kind is dict:
            shape = _variant(value, shape)
            yield from _keys(value, shape)
            stack.extend(_members(value, shape))
        elif kind is list:
            item = shape.items or shape
            stack.extend((child, item) for child in value)
        elif shape.escaping == "json" and shape.items is not None:
            stack.append(_parsed(value, shape.items))
        else:
            yield from _scalar(value, shape)


def _json_value(value: Json) -> Json:
    """A value as the JSON that it is dumped as: a library may use types of its own."""
    kind = type(value)
    if value is None or kind in (bool, int, float) or kind in _CONTAINERS or isinstance(value, str):
        return value
    return orjson.loads(orjson.dumps(value))


def _variant(value: dict[str, Json], shape: Shape) -> Shape:
    while shape.discriminator:
        chosen = value.get(shape.discriminator, shape.default)
        shape = shape.variants.get(chosen, _ANY) if isinstance(chosen, str) else _ANY
    return shape


def _keys(value: dict[str, Json], shape: Shape) -> Iterator[PlacedText]:
    for key in value:
        structural = shape.key_check is not None and shape.key_check(key)
        if key not in shape.fields and not structural:
            yield PlacedText(key, shape.key_place)


def _members(value: dict[str, Json], shape: Shape) -> Iterator[_Visit]:
    other = shape.additional or (shape if shape.recursive else _ANY)
    return ((child, shape.fields.get(key, other)) for key, child in value.items())


def _parsed(raw: str, inner: Shape) -> _Visit:
    """A document in a string, which has a shape of its own; if it can't be parsed it is a text."""
    try:
        return orjson.loads(raw), inner
    except orjson.JSONDecodeError:
        return raw, _ANY


def _scalar(value: str | float, shape: Shape) -> Iterator[PlacedText]:
    while shape.check is not None and not shape.check(value):
        shape = shape.fallback or _ANY
    if not shape.scanned:
        return
    if not isinstance(value, str):
        yield PlacedText(orjson.dumps(value).decode(), "number")
    elif shape.escaping == "json":
        yield from embedded_texts(callers_text(value))
    else:
        yield PlacedText(callers_text(value), shape.place)


def embedded_texts(raw: str) -> Iterator[PlacedText]:
    """The literals of a JSON document in a string; a string that is no JSON is one text of prose."""
    found = literals(raw)
    if found is None:
        yield PlacedText(raw, "prose")
        return
    for literal in found:
        text = raw[literal.start : literal.end]
        if literal.kind != "number":
            text = unescape(raw, literal.start + 1, literal.end - 1)[0]
        yield PlacedText(text, INSIDE_JSON[literal.kind])
