"""Folds text to the form that detectors and matchers read, with a way back to the original offsets.

The same value can be written with different widths, digits, hyphens and invisible characters: in Japanese by habit,
elsewhere to evade detection. Folding maps one character to one character wherever possible, so that almost no text needs
an offset map; plain ASCII is returned unchanged.
"""

import re
import unicodedata
from dataclasses import dataclass, field

from gateway.text.spans import Offsets

_HYPHENS = "‐‑‒–—―−﹘﹣－⁃˗⸺⸻➖"
_INVISIBLE_CHARACTERS = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff"
)
_INVISIBLE = re.compile(f"[{_INVISIBLE_CHARACTERS}]")
# A half-width kana and its voicing mark are two characters, and one when full-width.
_VOICED = "[\uff66-\uff9d][\uff9e\uff9f]"
_MARKS = "\u0300-\u036f\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f"
_MODIFIERS = re.compile(f"[{_INVISIBLE_CHARACTERS}{_MARKS}\uff9e\uff9f]+")
"""Characters that are dropped, or that change the character before them."""
# At most 16 marks, so that a letter covered with marks stays one character of bounded length.
_PIECE = re.compile(f"{_VOICED}|.[{_MARKS}]{{1,16}}|.", re.DOTALL)
_PLAIN = "\x00-\x7fÀ-ÖØ-öø-ıА-яЁё‘-”…、-〠ぁ-ゖァ-ー一-鿿가-힣"
"""Characters that fold to themselves and affect no other; most text has only these."""
_ALL_PLAIN = re.compile(f"[{_PLAIN}]*")
_OTHERS = re.compile(f"[^{_PLAIN}]+")
_LONG_SOUND_BETWEEN_DIGITS = re.compile("(?<=[0-9])[ー](?=[0-9])")


class _Table(dict[int, str]):
    """Maps one character to one character; filled as characters occur."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        folded = _fold_character(character)
        self[code] = folded
        return folded


def _fold_character(character: str) -> str:
    if character in _HYPHENS:
        return "-"
    decimal = unicodedata.decimal(character, None)
    if decimal is not None:
        return str(decimal)
    # A ligature or ㈱ would become several characters and shift every offset after it.
    folded = unicodedata.normalize("NFKC", character)
    return folded if len(folded) == 1 else character


_TABLE = _Table()


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """Folded text. ``offsets[i]`` is the offset of character ``i`` in the original; ``None`` is identity.

    Otherwise ``offsets`` has one entry more than ``text``: the length of the original.
    """

    text: str = field(repr=False)
    offsets: Offsets | None = None

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The offsets in the original of the span ``start:end`` of the folded text."""
        if self.offsets is None:
            return start, end
        return self.offsets[start], self.offsets[end]


def fold(text: str) -> Folded:
    """Fold width, digits of other scripts, hyphens; drop invisible characters (Unicode TR 36, UAX 15).

    A letter and its combining marks become one character if Unicode has one for both; other marks are dropped.
    """
    if text.isascii():
        return Folded(text=text)
    if _ALL_PLAIN.fullmatch(text):
        return Folded(text=_long_sounds(text))
    if _MODIFIERS.search(text):
        return _fold_with_map(text)
    return Folded(text=_long_sounds(_OTHERS.sub(_folded, text)))


def _folded(match: re.Match[str]) -> str:
    return match[0].translate(_TABLE)


def caseless(text: str) -> str:
    """Lower case of the same length, so that offsets hold: a character with a longer lower case (İ) is unchanged."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def _fold_with_map(text: str) -> Folded:
    pieces: list[str] = []
    offsets = Offsets()
    position = 0
    for run in _MODIFIERS.finditer(text):
        # The character before the run belongs to it: a mark may be composed with it.
        start = max(run.start() - 1, 0)
        pieces.append(text[position:start])
        offsets.extend(position, start - position)
        for match in _PIECE.finditer(text, start, run.end()):
            if not _INVISIBLE.match(match[0]):
                pieces.append(_composed(match[0]))
                offsets.extend(match.start(), 1)
        position = run.end()
    pieces.append(text[position:])
    offsets.extend(position, len(text) - position + 1)
    return Folded(text=_long_sounds(_OTHERS.sub(_folded, "".join(pieces))), offsets=offsets)


def _composed(piece: str) -> str:
    """A letter and its marks as one character."""
    if len(piece) == 1:
        return piece
    composed = unicodedata.normalize("NFKC", piece)
    return composed if len(composed) == 1 else piece[0].translate(_TABLE)


def _long_sounds(text: str) -> str:
    """Replaces the kana long-sound mark by a hyphen between digits, where it is typed for one (０９０ー１２３４)."""
    return _LONG_SOUND_BETWEEN_DIGITS.sub("-", text) if "ー" in text else text


def utf8_length(text: str) -> int:
    """Length in bytes of a text as UTF-8; an unpaired surrogate counts three."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
