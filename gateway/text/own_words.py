"""Texts that the gateway writes into a request: its own words, and caller's texts that it joins.

A sensitive value is never searched for in the gateway's own words, nor across the place where two texts were joined. So what the
gateway adds is marked where it is added. The mark is lost when a text is changed, and then all of it counts as the caller's.
"""

from collections.abc import Iterable, Sequence
from typing import Final, Self

_CUT: Final = "\0"
"""In place of the gateway's words: a character of no kind, so that what is next to it has a boundary."""


class OwnWords(str):
    """A string of which some ranges are the gateway's own.

    Args:
        text: the string.
        ranges: start and end of each range, in order; ``None``: all of it.
    """

    __slots__ = ("ranges",)

    ranges: tuple[tuple[int, int], ...]

    def __new__(cls, text: str, ranges: Sequence[tuple[int, int]] | None = None) -> Self:
        made = super().__new__(cls, text)
        made.ranges = ((0, len(text)),) if ranges is None else tuple(ranges)
        return made

    def __reduce__(self) -> tuple[type["OwnWords"], tuple[str, Sequence[tuple[int, int]]]]:
        # Copies keep the mark: litellm's translation copies the request.
        return OwnWords, (str(self), self.ranges)


def joined(separator: str, texts: Iterable[str]) -> str:
    """The texts with a separator of the gateway's between them; ranges that are marked in them are kept."""
    pieces: list[str] = []
    ranges: list[tuple[int, int]] = []
    at = 0
    for text in texts:
        if pieces:
            ranges.append((at, at + len(separator)))
            pieces.append(separator)
            at += len(separator)
        ranges += ((at + start, at + end) for start, end in _ranges(text))
        pieces.append(text)
        at += len(text)
    return OwnWords("".join(pieces), ranges)


def prefixed(words: str, text: str) -> str:
    """The text after some words of the gateway's."""
    at = len(words)
    ranges = ((at + start, at + end) for start, end in _ranges(text))
    return OwnWords(words + text, [(0, at), *ranges])


def callers_text(text: str) -> str:
    """The text with NUL for each range that is the gateway's own."""
    if not isinstance(text, OwnWords):
        return text
    pieces: list[str] = []
    at = 0
    for start, end in text.ranges:
        pieces += (text[at:start], _CUT)
        at = end
    return "".join((*pieces, text[at:]))


def _ranges(text: str) -> Sequence[tuple[int, int]]:
    return text.ranges if isinstance(text, OwnWords) else ()
