"""Texts that are searched together, in every form in which they are searched: each form is made once."""

from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property

from gateway.text.normalized import NormalizedText, normalized, without_separators


class RequestText:
    """The texts of a request as one text.

    Folding a text costs more than searching it, so that one object is shared by all that search.

    Args:
        texts: the texts; locations name them by their index.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = tuple(texts)

    def __repr__(self) -> str:
        return f"RequestText({len(self.texts)} texts)"

    @cached_property
    def joined(self) -> str:
        """All texts as one. NUL is of no kind (``text.occurrences``), so that the ends of a text are boundaries."""
        return "\0".join(self.texts)

    @cached_property
    def casefolded(self) -> str:
        """All texts as one, in Unicode's case folding (section 3.13), and otherwise as written."""
        return self.joined.casefold()

    @cached_property
    def normalized(self) -> NormalizedText:
        """All texts as one, in the form in which words are compared."""
        return normalized(self.joined)

    @cached_property
    def compact(self) -> NormalizedText:
        """:attr:`normalized` without separators between digits; its offsets are those of :attr:`normalized`."""
        return without_separators(self.normalized.text)

    def locate(self, start: int, end: int) -> tuple[int, int, int] | None:
        """The index of the text that holds ``start:end`` of :attr:`normalized`, and the range in it.

        ``None`` if the range reaches over the end of a text.
        """
        first, last = self.normalized.original(start, end)
        index = bisect_right(self._starts, first) - 1
        begin = self._starts[index]
        if last - begin > len(self.texts[index]):
            return None
        return index, first - begin, last - begin

    @cached_property
    def _starts(self) -> list[int]:
        starts, position = [], 0
        for text in self.texts:
            starts.append(position)
            position += len(text) + 1
        return starts
