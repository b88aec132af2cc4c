"""The segments of a request as they are searched: prose in every spelling, JSON documents in strings by their literals."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from gateway.text.occurrences import Occurrence, Occurrences
from gateway.text.request_text import RequestText
from gateway.text.segment_text import Reading, SegmentText
from gateway.types import Place, Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentOccurrence:
    """A value at ``start:end`` of a segment's own text, which is all of the number where it is in one.

    ``text`` is what is there without escapes: it may be spelled in another way than the value.
    """

    segment: int
    start: int
    end: int
    place: Place
    value: str = field(repr=False)
    text: str = field(repr=False)


class SegmentTexts:
    """The segments of a request, made ready for searching when first needed, and shared by all that search them.

    Args:
        segments: the segments of the request.
    """

    def __init__(self, segments: Sequence[Segment]) -> None:
        self.segments = segments
        self.texts = [SegmentText(segment) for segment in segments]

    @cached_property
    def size(self) -> int:
        """Number of characters in all segments."""
        return sum(len(segment.text) for segment in self.segments)

    @cached_property
    def request_text(self) -> RequestText:
        """Every text that is searched."""
        return RequestText(reading.text for _, reading in self._readings)

    def find(self, values: Occurrences) -> Iterator[SegmentOccurrence]:
        """Every occurrence of the values, in no particular order."""
        if not values:
            return
        for occurrence in values.find(self.request_text):
            found = self._located(*self._readings[occurrence.text], occurrence)
            if found is not None:
                yield found

    @cached_property
    def _readings(self) -> list[tuple[int, Reading]]:
        return [
            (index, reading) for index, text in enumerate(self.texts) for reading in text.readings()
        ]

    def _located(self, index: int, reading: Reading, found: Occurrence) -> SegmentOccurrence | None:
        text = self.texts[index]
        start, end = reading.original(found.start), reading.original(found.end)
        place = reading.place or text.place_of_literal(start, end)
        if place is None:
            return None
        start, end = text.covering(start, end)
        return SegmentOccurrence(
            segment=index,
            start=start,
            end=end,
            place=place,
            value=found.value,
            text=reading.text[found.start : found.end],
        )
