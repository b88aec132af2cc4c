"""The texts of a request as they are searched: plain segments as written, JSON documents in strings by their literals."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from gateway.text.embedded_json import Literal, literals, unescape
from gateway.text.occurrences import Occurrence, Occurrences
from gateway.text.request_text import RequestText
from gateway.types import LeafKind, Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentOccurrence:
    """``value`` is at ``start:end`` of a segment's own text; in a JSON number, that is all of the number.

    ``kind`` is that of the leaf of the document, or of the literal in a JSON document.
    """

    segment: int
    start: int
    end: int
    kind: LeafKind
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """One text to search. Without ``offsets`` it is the segment's own text."""

    segment: int
    text: str = field(repr=False)
    kind: LeafKind
    offsets: Sequence[int] | None = field(default=None, repr=False)


class SegmentTexts:
    """The segments of a request, made ready for searching when first needed, and shared by all that search them.

    Args:
        segments: the segments of the request.
    """

    def __init__(self, segments: Sequence[Segment]) -> None:
        self.segments = segments
        self._literals: dict[int, list[Literal] | None] = {}

    @property
    def size(self) -> int:
        """Number of characters in all segments."""
        return sum(len(segment.text) for segment in self.segments)

    @cached_property
    def request_text(self) -> RequestText:
        """Every text that is searched."""
        return RequestText(reading.text for reading in self._readings)

    def find(self, values: Occurrences) -> Iterator[SegmentOccurrence]:
        """Every occurrence of the values, in no particular order."""
        if not values:
            return
        for occurrence in values.find(self.request_text):
            found = self._located(self._readings[occurrence.text], occurrence)
            if found is not None:
                yield found

    @cached_property
    def _readings(self) -> list[_Reading]:
        return [
            reading
            for index, segment in enumerate(self.segments)
            for reading in self._of_segment(index, segment)
        ]

    def _of_segment(self, index: int, segment: Segment) -> Iterator[_Reading]:
        # Without a backslash, raw and unescaped text are the same, and most documents have no occurrence: they need no parser.
        found = self._literals_of(index) if "\\" in segment.text else None
        if found is None:
            yield _Reading(segment=index, text=segment.text, kind=segment.place)
            return
        for literal in found:
            text, offsets = _content(segment.text, literal)
            yield _Reading(segment=index, text=text, kind=literal.kind, offsets=offsets)

    def _located(self, reading: _Reading, found: Occurrence) -> SegmentOccurrence | None:
        start, end, kind = found.start, found.end, reading.kind
        if reading.offsets is not None:
            start, end = reading.offsets[start], reading.offsets[end]
        literals_ = self._literals_of(reading.segment)
        if literals_ is not None:
            literal = literals_[max(0, bisect_right(literals_, start, key=_start) - 1)]
            if not _holds(literal, start, end):
                return None
            kind = literal.kind
            if kind == "number":
                start, end = literal.start, literal.end
        return SegmentOccurrence(
            segment=reading.segment, start=start, end=end, kind=kind, value=found.value
        )

    def _literals_of(self, index: int) -> list[Literal] | None:
        """The literals of a JSON document; ``None`` if the segment is none, or holds no literal."""
        if index not in self._literals:
            segment = self.segments[index]
            found = literals(segment.text) if segment.escaping == "json" else None
            self._literals[index] = found or None
        return self._literals[index]


def _content(raw: str, literal: Literal) -> tuple[str, Sequence[int]]:
    """A literal's unescaped text, and the offset of each of its characters in ``raw``."""
    if literal.kind == "number":
        return raw[literal.start : literal.end], range(literal.start, literal.end + 1)
    return unescape(raw, literal.start + 1, literal.end - 1)


def _holds(literal: Literal, start: int, end: int) -> bool:
    """Whether a range is inside the number, or inside the quotes of the string."""
    quote = 0 if literal.kind == "number" else 1
    return literal.start + quote <= start and end <= literal.end - quote


def _start(literal: Literal) -> int:
    return literal.start
