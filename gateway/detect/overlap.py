"""Resolves overlaps: one finding where several detectors cover the same characters.

Self-validating values win; then rules win over networks, the longer span over the shorter, and the higher score over the
lower. What a loser covers beyond the winner stays sensitive and becomes a span of its own.
"""

from bisect import bisect_right, insort
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

from gateway.detect.base import CERTAIN, Span

HEURISTIC_DETECTORS = frozenset(("names", "spacy", "street-address", "announced-name"))
"""Detectors that judge by form and context. A rule for identifiers is more reliable where both match."""
_NAME_GAPS = frozenset(("", " ", "\u3000", "・"))


def resolve_overlaps(spans: Iterable[Span], text: str) -> tuple[Span, ...]:
    """Disjoint spans, sorted, each beginning and ending with something that is not white space.

    Everything that a span covered before is covered after, except white space and remainders without a
    letter or digit.
    """
    chosen: list[Span] = []
    # In order of rank, so that a span is only ever cut by spans that win over it.
    for span in sorted(spans, key=_rank):
        for piece in _uncovered_parts(span, chosen):
            trimmed = _trimmed(piece, text)
            if trimmed is not None:
                insort(chosen, trimmed, key=_start)
    return _merge_name_parts(chosen, text)


def _start(span: Span) -> int:
    return span.start


def _rank(span: Span) -> tuple[bool, bool, int, float, int, str]:
    return (
        span.score < CERTAIN,
        span.detector in HEURISTIC_DETECTORS,
        span.start - span.end,
        -span.score,
        span.start,
        span.entity,
    )


def _uncovered_parts(span: Span, chosen: list[Span]) -> list[Span]:
    """The parts of a span that none of the chosen (disjoint, sorted) covers."""
    # The spans are disjoint, so at most one of them begins before this span and reaches into it.
    first = bisect_right(chosen, span.start, key=_start)
    if first and chosen[first - 1].end > span.start:
        first -= 1
    if first == len(chosen) or chosen[first].start >= span.end:
        return [span]
    pieces, start = [], span.start
    for other in islice(chosen, first, None):
        if other.start >= span.end:
            break
        if other.start > start:
            pieces.append(replace(span, start=start, end=other.start))
        start = other.end
    if start < span.end:
        pieces.append(replace(span, start=start))
    return pieces


def _trimmed(span: Span, text: str) -> Span | None:
    value = text[span.start : span.end]
    if not any(map(str.isalnum, value)):
        return None
    inner = value.strip()
    if len(inner) == len(value):
        return span
    start = span.start + len(value) - len(value.lstrip())
    return replace(span, start=start, end=start + len(inner))


def _merge_name_parts(spans: list[Span], text: str) -> tuple[Span, ...]:
    """Family and given name that were found separately, as one name."""
    joined: list[Span] = []
    for span in spans:
        last = joined[-1] if joined else None
        if (
            last is not None
            and last.entity == span.entity == "PERSON"
            and text[last.end : span.start] in _NAME_GAPS
        ):
            joined[-1] = replace(last, end=span.end, score=max(last.score, span.score))
        else:
            joined.append(span)
    return tuple(joined)
