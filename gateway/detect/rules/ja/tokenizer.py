"""Splits Japanese text into words with SudachiPy, and classifies each by its dictionary entry."""

import re
from collections.abc import Iterator
from typing import Final

from sudachipy import Dictionary, Morpheme, SplitMode

from gateway.detect.windows import JAPANESE, windows

_WINDOW: Final = 4_000
KATAKANA: Final = re.compile("[ァ-ヺー]+")
_FIELDS: Final = {"pos", "normalized_form"}
"""Fields read of a dictionary entry. The normal form is not used, but without it SudachiPy joins numerals differently."""
# Methods for `map`: a Python call for each word would cost more than the method itself.
_PART_OF_SPEECH: Final = Morpheme.part_of_speech_id
_SURFACE: Final = Morpheme.surface
_PARTS: Final = {"姓": "family", "名": "given"}


class TokenizedText:
    """The words of a piece of text.

    Args:
        morphemes: the tokenizer's output.
        kinds: the kind of each, from its word class.
        offset: where the piece begins in the text.

    ``surfaces`` are the words as written. ``kinds`` has for each ``family``, ``given``, ``person``, ``place``,
    ``proper`` (another proper noun), ``noun`` (also a prefix or suffix of nouns), ``unknown`` (a noun that the
    dictionary does not have) or the empty string.
    """

    def __init__(self, morphemes: list[Morpheme], kinds: list[str], offset: int) -> None:
        self.surfaces: list[str] = [*map(_SURFACE, morphemes)]
        self.kinds = [
            "unknown" if kind == "noun" and morpheme.is_oov() else kind
            for morpheme, kind in zip(morphemes, kinds, strict=True)
        ]
        self._morphemes = morphemes
        self._offset = offset

    def __len__(self) -> int:
        return len(self.kinds)

    def start(self, index: int) -> int:
        """Where a word begins in the text."""
        return self._offset + int(self._morphemes[index].begin())

    def end(self, index: int) -> int:
        """Where a word ends in the text."""
        return self._offset + int(self._morphemes[index].end())

    def candidate_starts(self) -> list[int]:
        """Words that a name or place may begin with; of nouns in the dictionary, only those that begin with katakana or end in 内."""
        surfaces = self.surfaces
        return [
            index
            for index, kind in enumerate(self.kinds)
            if kind
            and (
                kind != "noun"
                or surfaces[index][-1:] == "内"
                or "ァ" <= surfaces[index][:1] <= "ヺ"
            )
        ]


class _Kinds(dict[int, str]):
    """The kind of each word class, by SudachiPy's number for it; filled as they occur."""

    def __init__(self, dictionary: Dictionary) -> None:
        super().__init__()
        self._dictionary = dictionary

    def __missing__(self, part_of_speech: int) -> str:
        kind = self[part_of_speech] = _kind(*self._dictionary.pos_of(part_of_speech)[:4])
        return kind


class JapaneseTokenizer:
    """Cuts text into words; holds the dictionary."""

    def __init__(self) -> None:
        self._dictionary = Dictionary(dict="core")
        # Mode C joins the longest units, so that a compound name is one word.
        self._tokenizer = self._dictionary.tokenizer(mode=SplitMode.C, fields=_FIELDS)
        self._kinds = _Kinds(self._dictionary)

    def tokenize(self, text: str) -> Iterator[TokenizedText]:
        """The words of each piece of the text that has Japanese characters."""
        # SudachiPy refuses more than 49,149 bytes at once.
        for offset, window in windows(text, _WINDOW):
            if JAPANESE.search(window):
                morphemes = [*self._tokenizer.tokenize(window)]
                kinds = [self._kinds[each] for each in map(_PART_OF_SPEECH, morphemes)]
                yield TokenizedText(morphemes, kinds, offset)


def _kind(word_class: str, noun: str, what: str, which: str) -> str:
    if noun == "固有名詞":
        if what == "人名":
            return _PARTS.get(which, "person")
        return "place" if what == "地名" else "proper"
    if word_class in ("接頭辞", "接尾辞") or noun in ("普通名詞", "数詞"):
        return "noun"
    return ""
