"""The form in which texts and values are compared, with a way back to the original offsets."""

import re
from dataclasses import dataclass, field

from gateway.text.fold import caseless, fold
from gateway.text.spans import Offsets

_SPACES = re.compile("  +")
_WHITE_SPACE = "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f"
_WIDE_WHITE_SPACE = (
    "\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
# Look-arounds keep the digits out of the match: each may border two separators, as 2 does in "1-2-3".
_SEPARATORS = re.compile(r"(?<=[0-9])[ \-.()/]+(?=[0-9])")


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalizedText:
    """A text in the form in which values are searched for; ``None`` offsets are identity."""

    text: str = field(repr=False)
    cased: str = field(repr=False)
    offsets: Offsets | None = None

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The range of the original text, which ends with the last character."""
        if self.offsets is None:
            return start, end
        # Not the offset of the next character: dropped characters may be between the two.
        return self.offsets[start], self.offsets[end - 1] + 1


def normalized(text: str) -> NormalizedText:
    """The text folded, without case (and with it), any run of white space as one space."""
    folded = fold(text)
    plain, offsets = _with_spaces(folded.text), folded.offsets
    if "  " in plain:
        plain, shorter = _without(_SPACES, plain, 1)
        offsets = shorter if offsets is None else shorter.through(offsets)
    return NormalizedText(text=caseless(plain), cased=plain, offsets=offsets)


def without_separators(text: str) -> NormalizedText:
    """A normalized text without separators between digits."""
    if _SEPARATORS.search(text) is None:
        return NormalizedText(text=text, cased=text)
    compact, offsets = _without(_SEPARATORS, text, 0)
    return NormalizedText(text=compact, cased=compact, offsets=offsets)


def _with_spaces(text: str) -> str:
    """Every white space as a space. Replacing each kind takes a fraction of the time of one regular expression."""
    for kind in _WHITE_SPACE if text.isascii() else _WHITE_SPACE + _WIDE_WHITE_SPACE:
        if kind in text:
            text = text.replace(kind, " ")
    return text


def _without(runs: re.Pattern[str], text: str, retained: int) -> tuple[str, Offsets]:
    """The text with each run cut to its first ``retained`` characters, and the offset of each character that stays."""
    pieces: list[str] = []
    offsets = Offsets()
    position = 0
    for match in runs.finditer(text):
        end = match.start() + retained
        pieces.append(text[position:end])
        offsets.extend(position, end - position)
        position = match.end()
    pieces.append(text[position:])
    offsets.extend(position, len(text) - position)
    return "".join(pieces), offsets
