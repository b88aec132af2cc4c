"""The leaf rule: every string, number and object key is scanned, unless a shape says otherwise.

A field that a vendor adds is therefore scanned from the first day. The walk is iterative and
bounded.
"""

import re
from collections.abc import Iterator
from typing import Final, TypeAlias

import orjson

from gateway.dialects.core.json_body import decode
from gateway.dialects.core.refused_names import is_listed
from gateway.dialects.core.shapes import Shape
from gateway.errors import ClientError, InvalidRequest, UnsupportedField
from gateway.types import Json, Origin, Path, Place, Segment

MAX_DEPTH: Final = 100
"""Maximum nesting of a request document."""

MAX_VALUES: Final = 50_000
"""Maximum number of values in a request document, containers included."""

_Visit: TypeAlias = tuple[Json, Shape, Path, Origin]

# What an error may quote of a path: names of the dialect, and of the caller's keys at most three short words, as most misspelt
# fields are. Digits, capitals and long words are in credentials: such a key is named by its place alone.
_FIELD_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_WORDS: Final = re.compile(r"[a-z]{1,12}(_[a-z]{1,12}){0,2}")


class Walker:
    """Walks one document.

    Attributes:
        segments: the leaves that detectors must read; a key comes before the value under it.
        modalities: the kinds of content in the document that no detector reads.
    """

    def __init__(self, root: Shape) -> None:
        self.segments: list[Segment] = []
        self.modalities: set[str] = set()
        self._root = root
        self._remaining = MAX_VALUES

    def walk(self, document: Json) -> None:
        """Check every structural value, and collect a segment for every other leaf.

        Raises:
            InvalidRequest: a value is not what its shape accepts, or the document is too deep or
                too large.
            UnsupportedField: a key is refused, or is unknown where no other keys are accepted.
        """
        # A stack instead of recursion: the caller chooses the depth.
        stack: list[_Visit] = [(document, self._root, (), "other")]
        while stack:
            value, shape, path, origin = stack.pop()
            # The exact type: to Python a bool is an int, in JSON it is not a number.
            kind = type(value)
            if kind not in shape.kinds:
                raise self._invalid(shape, path)
            if kind is dict:
                stack.extend(self._members(value, shape, path, origin))
            elif kind is list:
                stack.extend(self._items(value, shape, path, origin))
            elif value is not None:
                self._scalar(value, shape, path, origin)

    def _scalar(self, value: Json, shape: Shape, path: Path, origin: Origin) -> None:
        # A fallback may have a check and a fallback of its own.
        while shape.check is not None and not shape.check(value):
            if shape.fallback is None:
                raise self._invalid(shape, path)
            shape = shape.fallback
        if shape.modality:
            self.modalities.add(shape.modality)
        if not shape.scanned or value == "" or isinstance(value, bool):
            return
        text, place = (value, shape.place) if type(value) is str else self._number_text(value, path)
        self.segments.append(
            Segment(
                path=path,
                origin=shape.origin or origin,
                text=text,
                escaping=shape.escaping,
                place=place,
            )
        )

    def _number_text(self, value: float, path: Path) -> tuple[str, Place]:
        """The JSON spelling of a number, for detectors.

        orjson reads a whole number beyond 64 bits as a float and loses its last digits, so that
        detectors would read another number than the caller sent.
        """
        if type(value) is float and abs(value) >= 2.0**63:
            message = (
                f"{self._display_path(path)} is a number that is too large; send it as a string."
            )
            raise InvalidRequest(message, param=self._display_path(path))
        return orjson.dumps(value).decode(), "number"

    def _items(self, value: list[Json], shape: Shape, path: Path, origin: Origin) -> list[_Visit]:
        self._check_size(len(value), shape, path)
        item = shape.items or shape
        origin = shape.origin or origin
        visits: list[_Visit] = [
            (child, item, (*path, index), origin) for index, child in enumerate(value)
        ]
        # The stack returns the last visit first: reversed, segments keep the order of the document.
        visits.reverse()
        return visits

    def _members(
        self, value: dict[str, Json], shape: Shape, path: Path, origin: Origin
    ) -> list[_Visit]:
        self._check_size(len(value), shape, path)
        # A variant may have variants of its own.
        while shape.discriminator:
            shape = self._variant(value, shape, path)
        if shape.modality:
            self.modalities.add(shape.modality)
        for name in shape.required:
            if value.get(name) is None:
                raise self._error(InvalidRequest, (*path, name), "is missing")
        origin = shape.origin or origin
        fields = shape.fields
        visits: list[_Visit] = [
            (
                child,
                fields.get(key) or self._unknown(key, value, shape, path, origin),
                (*path, key),
                origin,
            )
            for key, child in value.items()
        ]
        visits.reverse()
        return visits

    def _unknown(
        self, key: str, value: dict[str, Json], shape: Shape, path: Path, origin: Origin
    ) -> Shape:
        """The shape under a key that the dialect does not know; the key itself is scanned as text."""
        reason = shape.refuse_key(key) if shape.refuse_key is not None else None
        if reason is not None:
            raise self._unwelcome(key, value, path, f"is refused: {reason}")
        if shape.additional is None and not shape.recursive:
            problem = "is not a known field; leave it out, or check its spelling"
            raise self._unwelcome(key, value, path, problem)
        self._key(key, shape, (*path, key), origin)
        return shape.additional or shape

    def _key(self, key: str, shape: Shape, path: Path, origin: Origin) -> None:
        if shape.key_check is not None:
            if not shape.key_check(key):
                raise self._error(InvalidRequest, path, f"is not a key of {shape.expected}")
        elif key:
            self.segments.append(Segment(path=path, origin=origin, text=key, place=shape.key_place))

    def _variant(self, value: dict[str, Json], shape: Shape, path: Path) -> Shape:
        chosen = value.get(shape.discriminator, shape.default)
        # A discriminator that is an array or an object is not hashable, and so can't be looked up.
        variant = shape.variants.get(chosen) if isinstance(chosen, str) else None
        if variant is None:
            raise self._invalid(shape, path)
        return variant

    def _check_size(self, size: int, shape: Shape, path: Path) -> None:
        if len(path) >= MAX_DEPTH:
            raise self._error(InvalidRequest, path, f"is nested more than {MAX_DEPTH} deep")
        if not shape.min_items <= size <= shape.max_items:
            bounds = f"must have {shape.min_items} to {shape.max_items} members"
            raise self._error(InvalidRequest, path, bounds)
        # Counted when a container is met, before its members are visited.
        self._remaining -= size
        if self._remaining < 0:
            raise InvalidRequest(f"The body holds more than {MAX_VALUES} values.")

    def _invalid(self, shape: Shape, path: Path) -> ClientError:
        return self._error(shape.error, path, f"must be {shape.expected}")

    def _error(self, error: type[ClientError], path: Path, problem: str) -> ClientError:
        where = self._display_path(path)
        return error(f"{where} {problem}.", param=where)

    def _unwelcome(
        self, key: str, value: dict[str, Json], path: Path, problem: str
    ) -> UnsupportedField:
        """The error for a key of the caller's: named by its place, unless it can only be the name of a field."""
        where = self._display_path((*path, key))
        if where.endswith("*") and (_WORDS.fullmatch(key) or is_listed(key)):
            where = where.removesuffix("*") + key
        elif where.endswith("*"):
            number = list(value).index(key) + 1
            problem = f"(member {number} of {len(value)} there) {problem}"
        return UnsupportedField(f"{where} {problem}.", param=where)

    def _display_path(self, path: Path) -> str:
        """A path for an error message. A key that the dialect does not know is text of the caller: ``*``."""
        # Only for an error: it walks over all shapes.
        known = frozenset(_names(self._root))
        steps = [_step(step, known=step in known) for step in path]
        return "".join(steps).removeprefix(".") or "the body"


def read(body: bytes, root: Shape, model: str | None = None) -> tuple[dict[str, Json], Walker]:
    """The checked document of a request body, and the walker that collected its segments.

    Args:
        body: the bytes as received.
        root: the shape of a request.
        model: the model named in the path, if any.

    Raises:
        InvalidRequest, UnsupportedField: see :func:`decode` and :meth:`Walker.walk`.
    """
    document = decode(body, model)
    walker = Walker(root)
    walker.walk(document)
    return document, walker


def _step(step: str | int, *, known: bool) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if known and _FIELD_NAME.fullmatch(step) else ".*"


def _names(root: Shape) -> Iterator[str]:
    """Every key that a shape, or one below it, names."""
    seen: set[int] = set()  # shapes may contain themselves: a schema holds schemas
    left = [root]
    while left:
        shape = left.pop()
        if id(shape) in seen:
            continue
        seen.add(id(shape))
        yield from shape.fields
        yield shape.discriminator
        left.extend([*shape.fields.values(), *shape.variants.values()])
        left.extend(below for below in (shape.additional, shape.items, shape.fallback) if below)
