"""Resolves overlaps: one finding where several detectors cover the same characters.

Self-validating values win; then rules win over networks, the longer span over the shorter, and the higher score over the
lower. What a loser covers beyond the winner stays sensitive and becomes a span of its own. A word or a number
is never divided between two spans, and the separators next to a winner belong to neither.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from gateway.detect.base import CERTAIN, Span
from gateway.text.occurrences import same_kind
from gateway.text.spans import Interval, Part, append_part, topmost, trim

HEURISTIC_DETECTORS = frozenset(("names", "spacy", "street-address", "announced-name"))
"""Detectors that judge by form and context. A rule for identifiers is more reliable where both match."""
_LONGEST_ESCAPE = 6
"""Length of the longest escape of JSON."""
_NAME_GAPS = frozenset(("", " ", "\u3000", "・"))


def resolve_overlaps(spans: Iterable[Span], text: str) -> tuple[Span, ...]:
    """Disjoint spans, sorted, each beginning and ending with something that is not white space.

    Every letter and digit that a span covered before is covered after, except the scheme of a URL that others cover. Time grows with the number of spans, not with their
    overlaps.
    """
    ranked = sorted(spans, key=_rank)
    parts = topmost([(span.start, span.end) for span in ranked])
    chosen = []
    for start, end, index in _whole_words(parts, text):
        span = ranked[index]
        trimmed = _trimmed(span, start, end, text)
        if trimmed == (span.start, span.end):
            chosen.append(span)
        elif trimmed is not None and not _is_scheme(span, *trimmed, text):
            chosen.append(replace(span, start=trimmed[0], end=trimmed[1]))
    return _merge_name_parts(chosen, text)


def _rank(span: Span) -> tuple[bool, bool, int, float, int, str]:
    return (
        span.score < CERTAIN,
        span.detector in HEURISTIC_DETECTORS,
        span.start - span.end,
        -span.score,
        span.start,
        span.entity,
    )


def _whole_words(parts: Iterable[Part], text: str) -> list[Part]:
    """The parts; a word or number that is divided between several belongs to the one with the lowest index."""
    whole: list[Part] = []
    left = list(parts)
    first = 0
    while first < len(left):
        last = _last_in_word(left, first, text)
        start, end, index = left[first]
        if last > first:
            begin = _word_start(text, start, end)
            winner = min(part[2] for part in left[first : last + 1])
            if start < begin:
                append_part(whole, (start, begin, index))
            # What follows the word in the last part may share another word with the next.
            start, end, index = left[last]
            word_end = _word_end(text, start, end)
            append_part(whole, (begin, word_end, winner))
            left[last] = word_end, end, index
            first = last if word_end < end else last + 1
        else:
            append_part(whole, left[first])
            first += 1
    return whole


def _last_in_word(parts: Sequence[Part], first: int, text: str) -> int:
    """The last of the parts that the word at the end of the first is divided between; the first itself if it is not divided."""
    last = first
    while last + 1 < len(parts):
        start, end, _ = parts[last]
        if end != parts[last + 1][0] or not _divides_word(text, end):
            break
        if last > first and _word_end(text, start, end) < end:
            break
        last += 1
    return last


def _divides_word(text: str, cut: int) -> bool:
    if not same_kind(text[cut - 1], text[cut]):
        return False
    # The letter before may be an escape's of JSON, as in "\\nTanaka": no cut may be moved into one.
    return "\\" not in text[max(0, cut - _LONGEST_ESCAPE) : cut]


def _word_end(text: str, start: int, limit: int) -> int:
    """The end of the word or number that continues at ``start``."""
    while start < limit and same_kind(text[start - 1], text[start]):
        start += 1
    return start


def _word_start(text: str, limit: int, end: int) -> int:
    """The start of the word or number that continues at ``end``, or where an escape may be in it."""
    while end > limit and _divides_word(text, end):
        end -= 1
    return end


def _trimmed(span: Span, start: int, end: int, text: str) -> Interval | None:
    """The part without white space, and without the separators next to a span that won over it."""
    if start > span.start:
        while start < end and not text[start].isalnum():
            start += 1
    if end < span.end:
        while end > start and not text[end - 1].isalnum():
            end -= 1
    return trim(text, start, end) if start < end else None


def _is_scheme(span: Span, start: int, end: int, text: str) -> bool:
    """Whether a part is only the scheme of a URL of which the rest is another finding, such as a secret: it identifies nobody."""
    return span.entity == "URL" and start == span.start and text.startswith("://", end)


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
