"""A segment read with its places: of a JSON document in a string, each literal has a place of its own."""

from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from gateway.text.embedded_json import Literal, Offsets, literals, readings, unescape
from gateway.text.places import INSIDE_JSON
from gateway.types import Place, Segment


class Reading(NamedTuple):
    """A text in which values are searched for, and the way back to the segment's raw text.

    Without a ``place`` the text is a JSON document, and the place is that of the literal.
    """

    text: str
    offsets: Offsets
    place: Place | None

    def original(self, offset: int) -> int:
        """Where a character of the text begins in the raw text; for the text's length, its end."""
        for one in self.offsets:
            offset = one[offset]
        return offset

    def __repr__(self) -> str:
        return f"Reading({self.place})"


class SegmentText:
    """One segment. A string that is to hold JSON and does not is prose.

    Args:
        segment: the segment.
    """

    def __init__(self, segment: Segment) -> None:
        self._raw = segment.text
        self._escaped = segment.escaping == "json"
        self._place: Place = "prose" if self._escaped else segment.place

    @cached_property
    def _parts(self) -> list[Literal] | None:
        return literals(self._raw) if self._escaped else None

    @property
    def is_json(self) -> bool:
        """Whether it is a JSON document in a string."""
        return self._parts is not None

    def place(self, start: int, end: int) -> Place:
        """The place of a range of the raw text. A range that is not within one literal is prose."""
        if self._parts is None:
            return self._place
        part = self._part(start, end)
        return "prose" if part is None else INSIDE_JSON[part.kind]

    def place_of_literal(self, start: int, end: int) -> Place | None:
        """The place of a range of a JSON document, inside the number or the quotes; ``None`` where it is in no literal.

        A string that was to hold JSON and does not has its own place.
        """
        if self._parts is None:
            return self._place
        part = self._part(start, end)
        if part is None or (part.kind != "number" and not part.start < start <= end < part.end):
            return None
        return INSIDE_JSON[part.kind]

    def _part(self, start: int, end: int) -> Literal | None:
        """The literal that holds a range."""
        parts = self._parts or []
        at = bisect_right(parts, start, key=_start) - 1
        return None if at < 0 or end > parts[at].end else parts[at]

    def value(self, start: int, end: int) -> str:
        """The text of a range of the raw text, without the escapes of the JSON document that it is in."""
        return self._raw[start:end] if self._parts is None else unescape(self._raw, start, end)[0]

    def readings(self) -> Iterator[Reading]:
        """The texts in which values are searched for: as written, and JSON-escaped up to twice."""
        if self._escaped and "\\" not in self._raw:
            # Raw and unescaped text are the same, and most documents hold no value: they need no parser.
            yield Reading(self._raw, (), None)
            return
        if self._parts is None:
            yield from _readings(self._raw, (), self._place)
            return
        for part in self._parts:
            if part.kind == "number":
                text, offsets = self._raw[part.start : part.end], range(part.start, part.end + 1)
                yield Reading(text, (offsets,), "number")
            else:
                text, inner = unescape(self._raw, part.start + 1, part.end - 1)
                yield from _readings(text, (inner,), INSIDE_JSON[part.kind])

    def covering(self, start: int, end: int) -> tuple[int, int]:
        """The range that is replaced for ``start:end``: all of a number, since part of one can't be."""
        if self.place(start, end) != "number":
            return start, end
        part = self._part(start, end)
        return (0, len(self._raw)) if part is None else (part.start, part.end)


def _readings(text: str, outer: Offsets, place: Place) -> Iterator[Reading]:
    if "\\" not in text:
        yield Reading(text, outer, place)
        return
    for spelled, inner in readings(text):
        yield Reading(spelled, (*inner, *outer), place)


def _start(part: Literal) -> int:
    return part.start
