"""Japanese text as words: what SudachiPy's dictionary says each is, in offsets of the text."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, overload

from sudachipy import Dictionary, Morpheme, MorphemeList, SplitMode

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


class Sentence(Sequence[Word]):
    """The words of a piece of text, each made when it is asked for: of most, the kind alone is looked at.

    Args:
        morphemes: what the tokenizer gives.
        kinds: of each; a noun that the dictionary lacks is told from others when it is made.
        offset: where the piece begins in the text.
    """

    def __init__(self, morphemes: MorphemeList, kinds: list[str], offset: int) -> None:
        self._morphemes = morphemes
        self._kinds = kinds
        self._offset = offset
        self._made: dict[int, Word] = {}

    def __len__(self) -> int:
        return len(self._kinds)

    @overload
    def __getitem__(self, index: int) -> Word: ...
    @overload
    def __getitem__(self, index: slice) -> list[Word]: ...
    def __getitem__(self, index: int | slice) -> Word | list[Word]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        word = self._made.get(index)
        if word is None:
            word = self._made[index] = self._make(index)
        return word

    def beginnings(self) -> Iterator[int]:
        """Where a name or place may begin."""
        morphemes = self._morphemes
        for index, kind in enumerate(self._kinds):
            if kind and (kind != "noun" or _noun_may_name(morphemes[index])):
                yield index

    def _make(self, index: int) -> Word:
        morpheme = self._morphemes[index]
        kind = self._kinds[index]
        return Word(
            morpheme.begin() + self._offset,
            morpheme.end() + self._offset,
            morpheme.surface(),
            "unknown" if kind == "noun" and morpheme.is_oov() else kind,
        )


class _Kinds(dict[int, str]):
    """The kind of each part of speech that was met."""

    def __init__(self, dictionary: Dictionary) -> None:
        super().__init__()
        self._dictionary = dictionary

    def __missing__(self, part_of_speech: int) -> str:
        kind = self[part_of_speech] = _kind(*self._dictionary.pos_of(part_of_speech)[:4])
        return kind


class Words:
    """Cuts text into words; holds the dictionary."""

    def __init__(self) -> None:
        self._dictionary = Dictionary(dict="core")
        self._tokenizer = self._dictionary.tokenizer(mode=SplitMode.C)
        self._kinds = _Kinds(self._dictionary)

    def of(self, text: str) -> Iterator[Sentence]:
        """The words of each piece of the text that holds Japanese."""
        # SudachiPy refuses more than 49,149 bytes at once.
        for offset, window in windows(text, _WINDOW):
            if JAPANESE.search(window):
                morphemes = self._tokenizer.tokenize(window)
                kinds = [self._kinds[morpheme.part_of_speech_id()] for morpheme in morphemes]
                yield Sentence(morphemes, kinds, offset)


def _noun_may_name(noun: Morpheme) -> bool:
    """Whether a name or place may begin with a noun: one that the dictionary lacks, or by its look."""
    surface: str = noun.surface()
    return "ァ" <= surface[:1] <= "ヺ" or surface[-1:] == "内" or bool(noun.is_oov())


def _kind(word_class: str, noun: str, what: str, which: str) -> str:
    if noun == "固有名詞":
        if what == "人名":
            return _PARTS.get(which, "person")
        return "place" if what == "地名" else "proper"
    if word_class in ("接頭辞", "接尾辞") or noun in ("普通名詞", "数詞"):
        return "noun"
    return ""
