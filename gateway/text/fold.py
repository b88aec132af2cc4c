"""The text as detectors and matchers read it, with a way back to the original offsets.

Width, digits, hyphens and invisible characters are how the same value is written in many ways, in Japanese by
normal habit and elsewhere by intent. Folding is one character to one character wherever it can be, so that for
almost all text no offset map is needed; plain ASCII is returned as it is.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

_HYPHENS = "‐‑‒–—―−﹘﹣－⁃˗⸺⸻➖"
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_VOICED = re.compile("[\uff66-\uff9d][\uff9e\uff9f]")
_MARK = re.compile("[\u0300-\u036f\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f]")
_MARKED = re.compile(f".{_MARK.pattern}{{1,16}}", re.DOTALL)
"""A character with combining marks: one letter (é as two characters), or a letter under scribble."""
_PLAIN = "\x00-\x7fÀ-ÖØ-öø-ıА-яЁё‘-”…、-〠ぁ-ゖァ-ー一-鿿가-힣"
"""Characters that fold to themselves and change no other: all that most text has."""
_ALL_PLAIN = re.compile(f"[{_PLAIN}]*")
_OTHERS = re.compile(f"[^{_PLAIN}]+")
_LONG_SOUND_BETWEEN_DIGITS = re.compile("(?<=[0-9])[ー](?=[0-9])")


class _Table(dict[int, str]):
    """Folds one character to one character; filled as characters are met."""

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
    folded = unicodedata.normalize("NFKC", character)
    return folded if len(folded) == 1 else character


_TABLE = _Table()


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """Folded text. ``offsets[i]`` is where character ``i`` stands in the original; ``None`` is identity.

    With a map, ``offsets`` has one entry more than ``text``: the length of the original.
    """

    text: str = field(repr=False)
    offsets: Sequence[int] | None = None

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The offsets in the original of the span ``start:end`` of the folded text."""
        if self.offsets is None:
            return start, end
        return self.offsets[start], self.offsets[end]


def fold(text: str) -> Folded:
    """Fold width, digits of other scripts, hyphens; drop invisible characters (Unicode TR 36, UAX 15).

    Combining marks are put together with their letter where one character is for both, and dropped elsewhere.
    """
    if text.isascii():
        return Folded(text=text)
    if _ALL_PLAIN.fullmatch(text):
        return Folded(text=_long_sounds(text))
    if _INVISIBLE.search(text) or _VOICED.search(text) or _MARK.search(text):
        return _fold_with_map(text)
    return Folded(text=_long_sounds(_OTHERS.sub(_folded, text)))


def _folded(match: re.Match[str]) -> str:
    return match[0].translate(_TABLE)


def caseless(text: str) -> str:
    """Lower case, of the same length: a character whose lower case is longer stays as it is."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def _fold_with_map(text: str) -> Folded:
    characters: list[str] = []
    offsets: list[int] = []
    position = 0
    while position < len(text):
        match = _VOICED.match(text, position) or _MARKED.match(text, position)
        piece = match[0] if match else text[position]
        if not _INVISIBLE.match(piece):
            characters.append(_composed(piece) if match else piece.translate(_TABLE))
            offsets.append(position)
        position += len(piece)
    offsets.append(len(text))
    return Folded(text=_long_sounds("".join(characters)), offsets=offsets)


def _composed(piece: str) -> str:
    """A letter and its marks as one character."""
    composed = unicodedata.normalize("NFKC", piece)
    return composed if len(composed) == 1 else piece[0].translate(_TABLE)


def _long_sounds(text: str) -> str:
    """The kana long-sound mark is a hyphen where it stands between digits, as in ０９０ー１２３４."""
    return _LONG_SOUND_BETWEEN_DIGITS.sub("-", text) if "ー" in text else text


def utf8_length(text: str) -> int:
    """Its length as UTF-8, in bytes; half of a surrogate pair counts as three."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
