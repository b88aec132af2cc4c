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
from gateway.text.embedded_json import Literal, literals, unescape
from gateway.text.occurrences import Occurrence, Occurrences
from gateway.types import Segment

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
    marked, searched = list(found), set[str]()
    values = _with_parts(_values(segments, found))
    for _ in range(_ROUNDS):
        marked = _marked(segments, marked, values)
        searched |= values.keys()
        present = _values(segments, marked)
        values = {value: span for value, span in present.items() if value not in searched}
        if not values:
            break
    return marked


def _marked(
    segments: Sequence[Segment], found: list[tuple[Span, ...]], values: dict[str, Span]
) -> list[tuple[Span, ...]]:
    """The spans of each segment, with every occurrence of these values."""
    occurrences = Occurrences(values)
    if not occurrences:
        return found
    added: dict[int, list[Span]] = {}
    plain, escaped = _by_escaping(segments)
    _search(occurrences, values, [segments[i].text for i in plain], plain, added)
    for index in escaped:
        added[index] = _in_json(occurrences, values, segments[index].text)
    return [
        _joined(segment, spans, added.get(index, []))
        for index, (segment, spans) in enumerate(zip(segments, found, strict=True))
    ]


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


def _by_escaping(segments: Sequence[Segment]) -> tuple[list[int], list[int]]:
    """Indices of segments that are searched as written, and of those that are parsed as JSON."""
    plain: list[int] = []
    escaped: list[int] = []
    for index, segment in enumerate(segments):
        (escaped if segment.escaping == "json" else plain).append(index)
    return plain, escaped


def _search(
    occurrences: Occurrences,
    values: dict[str, Span],
    texts: Sequence[str],
    indices: Sequence[int],
    added: dict[int, list[Span]],
) -> None:
    for occurrence in occurrences.find(texts):
        added.setdefault(indices[occurrence.text], []).append(_span(occurrence, values))


def _in_json(occurrences: Occurrences, values: dict[str, Span], raw: str) -> list[Span]:
    """Occurrences inside the literals of a JSON text; a match in a number covers all of it."""
    # Without a backslash, raw and unescaped text are the same, and most texts have no occurrence.
    if "\\" not in raw and not occurrences.contains(raw):
        return []
    found = literals(raw)
    if found is None:
        return [_span(occurrence, values) for occurrence in occurrences.find([raw])]
    contents = [_content(raw, literal) for literal in found]
    spans = []
    for occurrence in occurrences.find([text for text, _ in contents]):
        literal, offsets = found[occurrence.text], contents[occurrence.text][1]
        if literal.kind == "number":
            start, end = literal.start, literal.end
        else:
            start, end = offsets[occurrence.start], offsets[occurrence.end]
        spans.append(_at(values[occurrence.value], start, end))
    return spans


def _content(raw: str, literal: Literal) -> tuple[str, Sequence[int]]:
    """A literal's unescaped text, and the offset of each of its characters in ``raw``."""
    if literal.kind == "number":
        return raw[literal.start : literal.end], range(literal.start, literal.end + 1)
    return unescape(raw, literal.start + 1, literal.end - 1)


def _span(occurrence: Occurrence, values: dict[str, Span]) -> Span:
    return _at(values[occurrence.value], occurrence.start, occurrence.end)


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
