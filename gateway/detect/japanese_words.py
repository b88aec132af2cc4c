"""Japanese text as words: what SudachiPy's dictionary says each is, in offsets of the text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from sudachipy import Dictionary, Morpheme, SplitMode

from gateway.detect.nlp import JAPANESE, windows

_WINDOW: Final = 4_000
KATAKANA: Final = re.compile("[ァ-ヺー]+")
_PARTS: Final = {"姓": "family", "名": "given"}


@dataclass(slots=True)
class Word:
    """A word at ``[start, end)``.

    ``kind`` is ``family``, ``given``, ``person``, ``place``, ``proper`` (another proper noun), ``noun``
    (also a prefix or suffix of nouns), ``unknown`` (a noun that the dictionary lacks) or empty.
    """

    start: int
    end: int
    surface: str = field(repr=False)
    kind: str

    @property
    def may_name(self) -> bool:
        """Whether a name or place may begin with it; most words are told apart by this alone."""
        if self.kind != "noun":
            return self.kind != ""
        return "ァ" <= self.surface[:1] <= "ヺ" or self.surface[-1:] == "内"


class Words:
    """Cuts text into words; holds the dictionary."""

    def __init__(self) -> None:
        self._dictionary = Dictionary(dict="core")
        self._tokenizer = self._dictionary.tokenizer(mode=SplitMode.C)
        self._kinds: dict[int, str] = {}

    def of(self, text: str) -> Iterator[list[Word]]:
        """The words of each piece of the text that holds Japanese."""
        # SudachiPy refuses more than 49,149 bytes at once.
        for offset, window in windows(text, _WINDOW):
            if JAPANESE.search(window):
                yield self._words(window, offset)

    def _words(self, window: str, offset: int) -> list[Word]:
        return [
            Word(m.begin() + offset, m.end() + offset, m.surface(), self._kind(m))
            for m in self._tokenizer.tokenize(window)
        ]

    def _kind(self, morpheme: Morpheme) -> str:
        part_of_speech = morpheme.part_of_speech_id()
        known = self._kinds.get(part_of_speech)
        if known is None:
            known = _kind(*self._dictionary.pos_of(part_of_speech)[:4])
            self._kinds[part_of_speech] = known
        return "unknown" if known == "noun" and morpheme.is_oov() else known


def _kind(word_class: str, noun: str, what: str, which: str) -> str:
    if noun == "固有名詞":
        if what == "人名":
            return _PARTS.get(which, "person")
        return "place" if what == "地名" else "proper"
    if word_class in ("接頭辞", "接尾辞") or noun in ("普通名詞", "数詞"):
        return "noun"
    return ""
