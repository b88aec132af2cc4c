"""Counts the lines of Python that a call runs: a cost that is the same on every machine."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def steps(work: Callable[[], object]) -> int:
    """The number of lines of Python that ``work`` runs."""
    count = 0

    def trace(_frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def grows_linearly(make: Callable[[int], Callable[[], object]], size: int) -> bool:
    """Whether the work on four times the size takes at most 4.6 times the steps: an exponent of 1.1.

    Args:
        make: prepares the work on an input of a size.
        size: the smallest size.
    """
    small, large = (steps(make(one)) for one in (size, 4 * size))
    return large <= 4.6 * small + 200
