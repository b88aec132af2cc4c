"""Searches one text for many strings, in time that does not grow with their number.

A few strings are searched for one after another, since ``str.find`` is fast. Many are indexed by their first characters:
each position of the text is looked up once, then compared at the lengths of the strings with that prefix. An
Aho-Corasick automaton would do the same, but is another dependency.
"""

from collections.abc import Iterable, Iterator
from typing import Final

_FEW: Final = 32
_PREFIX: Final = 4
"""Length of the prefixes in the index; a shorter string is indexed as a whole."""


class StringSet:
    """A set of strings, none of them empty.

    Args:
        needles: the strings to search for.
    """

    def __init__(self, needles: Iterable[str]) -> None:
        self._needles = frozenset(needles)
        lengths: dict[str, set[int]] = {}
        if len(self._needles) > _FEW:
            for needle in self._needles:
                lengths.setdefault(needle[:_PREFIX], set()).add(len(needle))
        self._lengths = {prefix: sorted(sizes) for prefix, sizes in lengths.items()}
        self._prefix_sizes = sorted({len(prefix) for prefix in self._lengths})

    def __bool__(self) -> bool:
        return bool(self._needles)

    def find(self, haystack: str) -> Iterator[tuple[int, int]]:
        """Start and end of every occurrence of any of them; occurrences may overlap."""
        return self._by_prefix(haystack) if self._lengths else self._one_by_one(haystack)

    def _one_by_one(self, haystack: str) -> Iterator[tuple[int, int]]:
        for needle in self._needles:
            position = haystack.find(needle)
            while position >= 0:
                yield position, position + len(needle)
                position = haystack.find(needle, position + 1)

    def _by_prefix(self, haystack: str) -> Iterator[tuple[int, int]]:
        for size in self._prefix_sizes:
            for start in range(len(haystack) - size + 1):
                lengths = self._lengths.get(haystack[start : start + size])
                if lengths is not None:
                    yield from self._at(haystack, start, lengths)

    def _at(self, haystack: str, start: int, lengths: list[int]) -> Iterator[tuple[int, int]]:
        for length in lengths:
            end = start + length
            if end <= len(haystack) and haystack[start:end] in self._needles:
                yield start, end
