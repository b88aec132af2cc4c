"""Finds known terms in a text: code names, customers, projects.

Terms and text are compared as in ``text.occurrences``: folded, without case, any run of white space as one space. A
term is not found inside a longer run of letters, digits or katakana. Time does not grow with the number of terms.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from gateway.text.normalized import normalized
from gateway.text.occurrences import at_boundaries
from gateway.text.string_set import StringSet

_MIN_LENGTH: Final = 2


class Dictionary:
    """A set of terms, each of at least two characters.

    Args:
        terms: the terms, in any case, width and spacing.

    Raises:
        ValueError: a term has fewer characters.
    """

    def __init__(self, terms: Iterable[str]) -> None:
        read = [normalized(term.strip()).text for term in terms]
        if any(len(term) < _MIN_LENGTH for term in read):
            raise ValueError("a term needs at least two characters")
        self._needles = StringSet(read)

    def __bool__(self) -> bool:
        return bool(self._needles)

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Start and end of every occurrence of a term, in offsets of ``text``; occurrences may overlap."""
        if not self._needles:
            return
        read = normalized(text)
        for start, end, _ in self._needles.find(read.text):
            if at_boundaries(read.text, start, end):
                yield read.original(start, end)
