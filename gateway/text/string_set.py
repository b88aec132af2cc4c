"""Searches one text for many strings, in time that does not grow with their number.

Few strings are searched for one after another, since ``str.find`` is fast. Otherwise an Aho-Corasick automaton finds all in
one pass. At one place as many strings can end as end with each other, so these are bounded: a set of ``a``, ``aa``, ``aaa`` and
so on would make the result grow with the square of the text.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Final

from ahocorasick_rs import AhoCorasick, Implementation

MAX_NESTED: Final = 8
"""Of strings that end with each other, the number of those that are searched for exactly."""
_FEW: Final = 8
_SMALL: Final = 500_000
"""Up to this product of strings and characters, building an automaton takes longer than the search."""
_SHORT: Final = 64
"""``str.find`` prepares a longer string again at each match."""
_SLICE: Final = 32_768
"""Start positions that are searched at once, which bounds the list of matches."""
_SURROGATES: Final = re.compile("[\ud800-\udfff]")


class StringSet:
    """A set of strings, none of them empty.

    Args:
        needles: the strings to search for.
    """

    def __init__(self, needles: Iterable[str]) -> None:
        self._needles = list(dict.fromkeys(needles))
        self.nested = frozenset[str]()
        """Those whose occurrences may be reported longer than they are."""
        self._characters = frozenset[str]()
        if len(self._needles) > MAX_NESTED:
            self._needles, self.nested, self._characters = _by_nesting(self._needles)
        self._short = not self.nested and all(len(needle) <= _SHORT for needle in self._needles)

    def __bool__(self) -> bool:
        return bool(self._needles)

    def find(self, haystack: str) -> Iterator[tuple[int, int, str]]:
        """Start and end of every occurrence of any of them, with the string; occurrences may overlap.

        A string that ends with more than ``MAX_NESTED - 1`` others is not searched for itself. Where the longest of those
        that are searched for occurs, so may it: there only one occurrence is reported, with all characters before it that
        such strings are made of.
        """
        count = len(self._needles)
        if self._short and (count <= _FEW or count * len(haystack) <= _SMALL):
            return self._one_by_one(haystack)
        return self._at_once(haystack)

    @cached_property
    def _automaton(self) -> AhoCorasick:
        # The default builds a table of all transitions for few strings, in time that grows with the square of their length.
        return AhoCorasick(
            list(map(_encodable, self._needles)), implementation=Implementation.ContiguousNFA
        )

    def _one_by_one(self, haystack: str) -> Iterator[tuple[int, int, str]]:
        for needle in self._needles:
            position = haystack.find(needle)
            while position >= 0:
                yield position, position + len(needle), needle
                position = haystack.find(needle, position + 1)

    def _at_once(self, haystack: str) -> Iterator[tuple[int, int, str]]:
        reached = 0, 0
        for index, start, end in self._matches(haystack):
            needle = self._needles[index]
            if needle in self.nested:
                reached = self._extended(haystack, start, reached), end
                yield *reached, needle
            elif end != reached[1]:
                # At one end the longest comes first, so what ends where a nested one does is within it.
                yield start, end, needle

    def _matches(self, haystack: str) -> Iterator[tuple[int, int, int]]:
        """Index, start and end of every match, slice by slice."""
        longest = max(map(len, self._needles))
        size = max(_SLICE, 2 * longest)
        for first in range(0, len(haystack), size):
            piece = _encodable(haystack[first : first + size + longest - 1])
            for index, start, end in self._automaton.find_matches_as_indexes(
                piece, overlapping=True
            ):
                if start < size:  # the next slice has those that begin in it
                    yield index, first + start, first + end

    def _extended(self, haystack: str, start: int, reached: tuple[int, int]) -> int:
        """Where the characters begin that end at ``start`` and are all of nested strings.

        ``reached`` is the range of the last match that was extended: its characters are not read again.
        """
        while start > 0 and haystack[start - 1] in self._characters:
            start -= 1
            if reached[0] <= start < reached[1]:
                return reached[0]
        return start


def _by_nesting(needles: Sequence[str]) -> tuple[list[str], frozenset[str], frozenset[str]]:
    """The strings that are searched for, those of them that more strings end with, and the characters of these."""
    searched: list[str] = []
    nested: set[str] = set()
    deeper: list[str] = []
    # Reversed and sorted, a string is preceded by all that it ends with.
    chain: list[str] = []
    for backwards in sorted(needle[::-1] for needle in needles):
        while chain and not backwards.startswith(chain[-1]):
            chain.pop()
        if len(chain) < MAX_NESTED:
            chain.append(backwards)
            searched.append(backwards[::-1])
        else:
            nested.add(chain[-1][::-1])
            deeper.append(backwards[::-1])
    return searched, frozenset(nested), frozenset("".join(deeper))


def _encodable(text: str) -> str:
    """The text with unpaired surrogates, which UTF-8 can't express, as one character each."""
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)
