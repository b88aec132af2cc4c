"""Long passages in pieces of bounded size, so that no text occupies a detector process for long.

Each piece is read with a margin of the text on either side: what a rule needs around a value, and the rest of a value with
spaces in it. No cut is made through a private key. What is found in the margin alone belongs to the piece next to it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from gateway.detect.base import Passage, Span
from gateway.detect.overlap import resolve_overlaps
from gateway.detect.rules.secrets import PRIVATE_KEY_BEGIN, PRIVATE_KEY_END

PIECE: Final = 1_920
"""Characters of a piece without its margins; a word is not cut unless it is longer. A multiple of ``_ALIGNED``."""
MARGIN: Final = 192
_ALIGNED: Final = 192
"""A run in base64 or hexadecimal, three times nested, decodes to the same text from each multiple of this on."""
_SPACES: Final = re.compile(r"\s+")
_SEPARATORS: Final = re.compile(r"[,;|&<>(){}\[\]\"]+")
_ENCODED: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-"
_ESCAPED_LEAD: Final = re.compile(r"(?:%|\\x)[0-7C-Fc-f]")
"""An escaped byte with which a character of UTF-8 begins."""
_ESCAPES: Final = 20
"""The length of the longest character of UTF-8 in such escapes, and the rest of another escape."""
_KEY: Final = 8_200
"""Maximum length of a private key, as the rule for them reads it."""


class Pieces:
    """Passages of which the long ones are cut, and the way back from the findings in the pieces.

    Args:
        passages: the passages to scan.
    """

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._originals = passages
        self._cut = [list(_pieces(passage.text)) for passage in passages]

    @property
    def passages(self) -> list[Passage]:
        """What the detectors read."""
        return [
            passage if len(pieces) == 1 else replace(passage, text=passage.text[piece.slice])
            for passage, pieces in zip(self._originals, self._cut, strict=True)
            for piece in pieces
        ]

    def merged(self, found: Sequence[tuple[Span, ...]]) -> list[tuple[Span, ...]]:
        """The findings of each original passage, disjoint and sorted.

        Args:
            found: the findings of each of :attr:`passages`, in its own offsets.
        """
        answers = iter(found)
        merged = []
        for passage, pieces in zip(self._originals, self._cut, strict=True):
            spans = [span for piece in pieces for span in piece.located(next(answers))]
            merged.append(
                tuple(spans)
                if len(pieces) == 1
                else resolve_overlaps(dict.fromkeys(spans), passage.text)
            )
        return merged


@dataclass(frozen=True, slots=True)
class _Piece:
    """The range ``first:last`` of a text, and the range with its margins."""

    first: int
    last: int
    slice: slice

    def located(self, spans: Sequence[Span]) -> Iterator[Span]:
        """The findings that are not in the margins alone, in offsets of the whole text."""
        offset: int = self.slice.start
        for span in spans:
            start, end = span.start + offset, span.end + offset
            if start < self.last and end > self.first:
                yield span if offset == 0 else replace(span, start=start, end=end)


def _pieces(text: str) -> Iterator[_Piece]:
    first = 0
    while len(text) - first > PIECE + MARGIN:
        last = _cut(text, first)
        yield _Piece(first, last, slice(_margin_start(text, first), _margin_end(text, last)))
        first = last
    yield _Piece(first, len(text), slice(_margin_start(text, first), len(text)))


# A run of escapes that begins or ends within a character of UTF-8 is not decoded at all.
def _margin_start(text: str, first: int) -> int:
    start = max(0, first - MARGIN)
    lead = _ESCAPED_LEAD.search(text, start, start + _ESCAPES) if start else None
    return start if lead is None else lead.start()


def _margin_end(text: str, last: int) -> int:
    end = min(len(text), last + MARGIN)
    leads = [lead.start() for lead in _ESCAPED_LEAD.finditer(text, end - _ESCAPES, end)]
    return leads[-1] if leads and end < len(text) else end


def _cut(text: str, first: int) -> int:
    """Where the piece that begins at ``first`` ends: outside of private keys, and if possible between words."""
    end = first + PIECE
    for key in PRIVATE_KEY_BEGIN.finditer(text, first, end + MARGIN):
        closing = PRIVATE_KEY_END.search(text, key.end(), key.start() + _KEY)
        stop = closing.end() if closing else min(len(text), key.start() + _KEY)
        if key.start() < end < stop:
            return key.start() if key.start() - first > PIECE // 4 else stop
    for break_ in (_SPACES, _SEPARATORS):
        cut = 0
        for match in break_.finditer(text, end - PIECE // 4, end):
            cut = match.end()
        if cut:
            return cut
    found = (break_.search(text, end, end + PIECE) for break_ in (_SPACES, _SEPARATORS))
    return min((m.end() for m in found if m is not None), default=_aligned(text, first, end))


def _aligned(text: str, first: int, end: int) -> int:
    """The last place before ``end`` from which the rest of an encoded run can be decoded."""
    run = first + len(text[first:end].rstrip(_ENCODED))
    return run if run - first > PIECE // 2 else end - (end - run) % _ALIGNED
