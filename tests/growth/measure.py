"""Cost by the CPU time of this thread; by steps, see ``tests.parts.steps``."""

import gc
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

Work = Callable[[], object]
Prepare = Callable[[str], Work]
"""Makes the work on a text; what it does itself is not measured."""

MOST: Final = 1.1
"""The highest exponent of growth."""
_QUICK: Final = 0.02
"""Seconds at the largest size below which the clock says nothing about growth."""
_ENOUGH: Final = 0.1
"""Seconds at the largest size from which growth can be measured."""
_SURE: Final = 1.0
"""Seconds at the largest size from which steep growth needs no second look."""
_STEEP: Final = 1.5
_ATTEMPTS: Final = 4
_SMALLEST: Final = 2_000
_LARGEST: Final = 512_000
"""Characters: the bounds of the sizes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """Seconds at n, 2n and 4n, and the exponent between the first and the last."""

    sizes: tuple[int, ...]
    seconds: tuple[float, ...]

    @property
    def exponent(self) -> float:
        """0 where the work is too short to be measured."""
        if self.seconds[-1] < _QUICK:
            return 0.0
        # A constant cost would hide growth, and jitter would look like it: the step between the larger sizes decides, and
        # the whole way, whichever is smaller.
        steps = [
            math.log(self.seconds[-1] / max(self.seconds[at], 1e-6))
            / math.log(self.sizes[-1] / self.sizes[at])
            for at in range(len(self.sizes) - 1)
        ]
        return min(steps)

    def __str__(self) -> str:
        seconds = ", ".join(f"{one:.3f}" for one in self.seconds)
        return f"exponent {self.exponent:.2f}: {seconds} s at {self.sizes} characters"


def growth(prepare: Prepare, text: Callable[[int], str], most: int = _LARGEST) -> Growth:
    """The cost at a size, twice and four times as much: the first sizes at which it can be measured, up to ``most``."""
    size = _SMALLEST
    while 4 * size < most and seconds(prepare(text(4 * size))) < _ENOUGH:
        size *= 4
    size = min(size, most // 4)
    found = _measured(dict.fromkeys((size, 2 * size, 4 * size), math.inf), prepare, text)
    for _ in range(_ATTEMPTS - 1):
        if found.exponent <= MOST or (found.seconds[-1] > _SURE and found.exponent > _STEEP):
            break
        # A step of the allocator or of a cache looks like growth at one size, and is none at twice that size.
        size *= 2 if found.seconds[-1] < _SURE else 1
        known = dict(zip(found.sizes, found.seconds, strict=True))
        sizes = (size, 2 * size, 4 * size)
        found = _measured({n: known.get(n, math.inf) for n in sizes}, prepare, text)
    return found


def _measured(best: dict[int, float], prepare: Prepare, text: Callable[[int], str]) -> Growth:
    """One more measurement of each size; the best counts, so that other work does not."""
    for n, known in best.items():
        best[n] = min(known, seconds(prepare(text(n))))
    return Growth(sizes=tuple(best), seconds=tuple(best.values()))


def seconds(work: Work) -> float:
    """CPU time of this thread, without the collection of garbage."""
    gc.collect()
    gc.disable()
    try:
        began = time.thread_time()
        work()
        return time.thread_time() - began
    finally:
        gc.enable()
