"""Interval arithmetic: ranges of a text subtracted, widened, layered and mapped, each in one pass.

An interval is a pair ``(start, end)`` of offsets with ``start < end``; the end is not part of it. A disjoint list is sorted,
and no two of its intervals overlap.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from heapq import heappop, heappush
from typing import TypeAlias

Interval: TypeAlias = tuple[int, int]
Part: TypeAlias = tuple[int, int, int]
"""Start, end, and the index of the interval that it is a part of."""


def subtract(intervals: Iterable[Interval], removed: Sequence[Interval]) -> list[Interval]:
    """The parts of the intervals that ``removed`` does not cover; both are disjoint, and so is the result."""
    left: list[Interval] = []
    index = 0
    for start, end in intervals:
        position = start
        while index < len(removed) and removed[index][0] < end:
            if position < removed[index][0]:
                left.append((position, removed[index][0]))
            position = max(position, removed[index][1])
            if position >= end:
                break  # what was removed last may reach into the next interval too
            index += 1
        if position < end:
            left.append((position, end))
    return left


def widen(intervals: Iterable[Interval], units: Sequence[Interval]) -> list[Interval]:
    """What the intervals cover, with the whole of every unit that they overlap.

    Both are disjoint, and so is the result; intervals that meet in a unit become one.
    """
    widened: list[Interval] = []
    index = 0
    for interval in intervals:
        start, end = interval
        while index < len(units) and units[index][1] <= start:
            index += 1
        while index < len(units) and units[index][0] < end:
            start, end = min(start, units[index][0]), max(end, units[index][1])
            if units[index][1] > interval[1]:
                break  # the next interval may begin in this unit
            index += 1
        if widened and start < widened[-1][1]:
            start, end = widened[-1][0], max(end, widened.pop()[1])
        widened.append((start, end))
    return widened


def topmost(intervals: Sequence[Interval]) -> list[Part]:
    """The visible parts of the intervals, where each lies on top of all that follow it; disjoint and sorted."""
    parts: list[Part] = []
    active: list[int] = []
    position = 0
    for index in sorted(range(len(intervals)), key=intervals.__getitem__):
        start = intervals[index][0]
        for part in _visible(intervals, active, position, start):
            append_part(parts, part)
        position = start
        heappush(active, index)
    for part in _visible(intervals, active, position, None):
        append_part(parts, part)
    return parts


def _visible(
    intervals: Sequence[Interval], active: list[int], position: int, limit: int | None
) -> Iterator[Part]:
    """The visible parts from ``position`` to ``limit`` of the active intervals; removes those that end."""
    while active and position != limit:
        end = intervals[active[0]][1]
        if end <= position:
            heappop(active)
            continue
        stop = end if limit is None else min(end, limit)
        yield position, stop, active[0]
        position = stop


def append_part(parts: list[Part], part: Part) -> None:
    """Append a part; one that continues the last part of the same interval is joined with it."""
    if parts and parts[-1][1] == part[0] and parts[-1][2] == part[2]:
        parts[-1] = parts[-1][0], part[1], part[2]
    else:
        parts.append(part)


def trim(text: str, start: int, end: int) -> Interval | None:
    """``start:end`` without white space at its ends; ``None`` if it holds no letter and no digit."""
    value = text[start:end]
    if not any(map(str.isalnum, value)):
        return None
    inner = value.lstrip()
    start = end - len(inner)
    return start, start + len(inner.rstrip())


class Offsets:
    """Where each character of a derived text, and its end, is in the text that it was derived from.

    Runs of characters that stayed together are one entry, so that the map is as long as the number of changes.
    """

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._originals: list[int] = []
        self._length = 0
        self._next = -1

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int) -> int:
        if not 0 <= index < self._length:
            raise IndexError(index)
        run = bisect_right(self._starts, index) - 1
        return self._originals[run] + index - self._starts[run]

    def extend(self, original: int, size: int) -> None:
        """Add ``size`` characters, which are one after another from ``original`` on."""
        if not size:
            return
        if original != self._next:
            self._starts.append(self._length)
            self._originals.append(original)
        self._length += size
        self._next = original + size

    def through(self, other: "Offsets") -> "Offsets":
        """The same characters in the text that ``other`` maps this map's original text to."""
        composed = Offsets()
        for run, start in enumerate(self._starts):
            other.copy(self._originals[run], self._run_end(run) - start, composed)
        return composed

    def copy(self, start: int, size: int, target: "Offsets") -> None:
        """Append the entries of ``size`` characters from ``start`` on to another map."""
        run = bisect_right(self._starts, start) - 1
        while size > 0:
            taken = min(size, self._run_end(run) - start)
            target.extend(self._originals[run] + start - self._starts[run], taken)
            start, size, run = start + taken, size - taken, run + 1

    def _run_end(self, run: int) -> int:
        return self._starts[run + 1] if run + 1 < len(self._starts) else self._length
