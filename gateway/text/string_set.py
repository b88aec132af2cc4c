"""Many strings searched for in one text, in time that does not grow with their number.

A few are searched for one after another, which is what ``str.find`` is fast at. Many are told apart by their first
characters: each place of the text is looked up once, then tried against the lengths that needles with that
beginning have. An Aho-Corasick automaton would do the same and be one more dependency.
"""

from collections.abc import Iterable, Iterator
from typing import Final

_FEW: Final = 32
_HEAD: Final = 4
"""Characters by which places are told apart; shorter needles are their own heads."""


class StringSet:
    """A set of strings, none of them empty.

    Args:
        needles: what to search for.
    """

    def __init__(self, needles: Iterable[str]) -> None:
        self._needles = frozenset(needles)
        lengths: dict[str, set[int]] = {}
        if len(self._needles) > _FEW:
            for needle in self._needles:
                lengths.setdefault(needle[:_HEAD], set()).add(len(needle))
        self._lengths = {head: sorted(sizes) for head, sizes in lengths.items()}
        self._heads = sorted({len(head) for head in self._lengths})

    def __bool__(self) -> bool:
        return bool(self._needles)

    def find(self, haystack: str) -> Iterator[tuple[int, int]]:
        """Where any of them stands; matches may overlap."""
        return self._by_head(haystack) if self._lengths else self._one_by_one(haystack)

    def _one_by_one(self, haystack: str) -> Iterator[tuple[int, int]]:
        for needle in self._needles:
            position = haystack.find(needle)
            while position >= 0:
                yield position, position + len(needle)
                position = haystack.find(needle, position + 1)

    def _by_head(self, haystack: str) -> Iterator[tuple[int, int]]:
        for size in self._heads:
            for start in range(len(haystack) - size + 1):
                lengths = self._lengths.get(haystack[start : start + size])
                if lengths is not None:
                    yield from self._at(haystack, start, lengths)

    def _at(self, haystack: str, start: int, lengths: list[int]) -> Iterator[tuple[int, int]]:
        for length in lengths:
            end = start + length
            if end <= len(haystack) and haystack[start:end] in self._needles:
                yield start, end
