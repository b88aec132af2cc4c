"""Propagates each finding to every occurrence of its value; of a person's name, also to its parts.

Recognition depends on context: a name that is found in one turn may be missed in another. So every value found anywhere in
a request is searched for in all of it, under the same rule as the wire check, and where it may be replaced.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from gateway.detect.base import Span
from gateway.detect.overlap import resolve_overlaps
from gateway.detect.scan.name_parts import name_parts
from gateway.text.occurrences import Occurrences
from gateway.text.places import may_replace
from gateway.text.segment_text import SegmentText
from gateway.types import Place, Segment

_DETECTOR: Final = "spread"
_ROUNDS: Final = 4
"""Two are almost always enough; if a value is left after the last, the wire check refuses the request."""


def spread(
    segments: Sequence[Segment], found: Sequence[tuple[Span, ...]]
) -> list[tuple[Span, ...]]:
    """The spans of each segment, with every other occurrence of every value found in any.

    A new span may cut an old one and leave a remainder, which is a value too; so this repeats until there is no new value.

    Args:
        segments: the segments of a request.
        found: what was found in each, disjoint, in its own offsets.
    """
    texts = [SegmentText(segment) for segment in segments]
    marked, searched = _replaceable(texts, found), set[str]()
    values = _with_parts(_values(texts, marked))
    for _ in range(_ROUNDS):
        marked = _marked(segments, texts, marked, values)
        searched |= values.keys()
        present = _values(texts, marked)
        values = {value: spans for value, spans in present.items() if value not in searched}
        if not values:
            break
    return marked


def _replaceable(
    texts: Sequence[SegmentText], found: Sequence[tuple[Span, ...]]
) -> list[tuple[Span, ...]]:
    """The spans without those whose value is left alone where it is."""
    return [
        tuple(
            span
            for span in spans
            if may_replace(
                text.value(span.start, span.end), span.entity, text.place(span.start, span.end)
            )
        )
        for text, spans in zip(texts, found, strict=True)
    ]


def _marked(
    segments: Sequence[Segment],
    texts: Sequence[SegmentText],
    found: list[tuple[Span, ...]],
    values: dict[str, list[Span]],
) -> list[tuple[Span, ...]]:
    """The spans of each segment, with every occurrence of these values where they may be replaced."""
    occurrences = Occurrences(values)
    if not occurrences:
        return found
    read = [(index, one) for index, text in enumerate(texts) for one in text.readings()]
    added: dict[int, list[Span]] = {}
    for occurrence in occurrences.find([one.text for _, one in read]):
        index, one = read[occurrence.text]
        span = _permitted(
            values[occurrence.value], one.text[occurrence.start : occurrence.end], one.place
        )
        if span is not None:
            start, end = one.original(occurrence.start), one.original(occurrence.end)
            added.setdefault(index, []).append(_at(span, *texts[index].covering(start, end)))
    return [
        _joined(segment, spans, added.get(index, []))
        for index, (segment, spans) in enumerate(zip(segments, found, strict=True))
    ]


def _permitted(found: Sequence[Span], text: str, place: Place) -> Span | None:
    """Of the findings of a value, the first whose entity may be replaced at a place."""
    return next((span for span in found if may_replace(text, span.entity, place)), None)


def _values(
    texts: Sequence[SegmentText], found: Sequence[tuple[Span, ...]]
) -> dict[str, list[Span]]:
    """Every value found, unescaped, with a span of each entity that it was found as: the highest score first."""
    values: dict[str, dict[str, Span]] = {}
    for text, spans in zip(texts, found, strict=True):
        for span in spans:
            entities = values.setdefault(text.value(span.start, span.end), {})
            known = entities.get(span.entity)
            if known is None or known.score < span.score:
                entities[span.entity] = span
    return {
        value: sorted(entities.values(), key=lambda span: -span.score)
        for value, entities in values.items()
    }


def _with_parts(values: dict[str, list[Span]]) -> dict[str, list[Span]]:
    """The values and, of people's names, each part."""
    people = [
        (value, span)
        for value, spans in values.items()
        for span in spans
        if span.entity == "PERSON"
    ]
    for name, span in people:
        for part in name_parts(name):
            values.setdefault(part, [span])
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
