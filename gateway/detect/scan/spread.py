"""Propagates each finding to every occurrence of its value; of a person's name, also to its parts.

Recognition depends on context: a name that is found in one turn may be missed in another. So every value found anywhere in
a request is searched for in all of it, under the same rule as the wire check.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from gateway.detect.base import Span
from gateway.detect.overlap import resolve_overlaps
from gateway.detect.scan.name_parts import name_parts
from gateway.text.embedded_json import unescape
from gateway.text.occurrences import Occurrences
from gateway.text.segment_texts import SegmentTexts
from gateway.types import Segment

_DETECTOR: Final = "spread"
_ROUNDS: Final = 4
"""Two are almost always enough; if a value is left after the last, the wire check refuses the request."""


def spread(texts: SegmentTexts, found: Sequence[tuple[Span, ...]]) -> list[tuple[Span, ...]]:
    """The spans of each segment, with every other occurrence of every value found in any.

    A new span may cut an old one and leave a remainder, which is a value too; so this repeats until there is no new value.

    Args:
        texts: the segments of a request.
        found: what was found in each, disjoint, in its own offsets.
    """
    marked, searched = list(found), set[str]()
    values = _with_parts(_values(texts.segments, found))
    for _ in range(_ROUNDS):
        marked = _marked(texts, marked, values)
        searched |= values.keys()
        present = _values(texts.segments, marked)
        values = {value: span for value, span in present.items() if value not in searched}
        if not values:
            break
    return marked


def _marked(
    texts: SegmentTexts, found: list[tuple[Span, ...]], values: dict[str, Span]
) -> list[tuple[Span, ...]]:
    """The spans of each segment, with every occurrence of these values."""
    added: dict[int, list[Span]] = {}
    for occurrence in texts.find(Occurrences(values)):
        span = _at(values[occurrence.value], occurrence.start, occurrence.end)
        added.setdefault(occurrence.segment, []).append(span)
    marked = list(found)
    for index, new in added.items():
        marked[index] = _joined(texts.segments[index], found[index], new)
    return marked


def _values(segments: Sequence[Segment], found: Sequence[tuple[Span, ...]]) -> dict[str, Span]:
    """Every value found, unescaped, with its span; of several spans, the one with the highest score."""
    values: dict[str, Span] = {}
    for segment, spans in zip(segments, found, strict=True):
        for span in spans:
            value = segment.text[span.start : span.end]
            if segment.escaping == "json" and "\\" in value:
                value = unescape(segment.text, span.start, span.end)[0]
            if value not in values or values[value].score < span.score:
                values[value] = span
    return values


def _with_parts(values: dict[str, Span]) -> dict[str, Span]:
    """The values and, of people's names, each part."""
    people = [(value, span) for value, span in values.items() if span.entity == "PERSON"]
    for name, span in people:
        for part in name_parts(name):
            values.setdefault(part, span)
    return values


def _at(named: Span, start: int, end: int) -> Span:
    """The same value in another location; ``replace`` takes five times as long, and this runs for each occurrence."""
    return Span(start=start, end=end, entity=named.entity, score=named.score, detector=_DETECTOR)


def _joined(segment: Segment, spans: tuple[Span, ...], added: list[Span]) -> tuple[Span, ...]:
    """Both kinds of spans without overlaps; in a number, one span that covers all of it."""
    new = [span for span in added if not _is_part(span, spans)]
    if not new:
        return spans
    if segment.place == "number":
        return spans or (_at(new[0], 0, len(segment.text)),)
    return resolve_overlaps((*spans, *new), segment.text)


def _is_part(span: Span, found: tuple[Span, ...]) -> bool:
    """Whether it is within a span of the same entity, or equal to one that was found (disjoint, sorted)."""
    before = bisect_right(found, span.start, key=_start) - 1
    if before < 0 or span.end > found[before].end:
        return False
    around = found[before]
    return around.entity == span.entity or (around.start, around.end) == (span.start, span.end)


def _start(span: Span) -> int:
    return span.start
