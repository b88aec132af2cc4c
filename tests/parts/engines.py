"""Detection engines that misbehave, named as ``module:function`` in tests."""

import time
from collections.abc import Sequence

from gateway.detect.base import Passage, Span

SLOW_SECONDS = 0.8


class _Engine:
    revision = "test"

    def __init__(self, fault: str) -> None:
        self._fault = fault

    def detect(self, passages: Sequence[Passage]) -> list[tuple[Span, ...]]:
        if self._fault == "slow":
            time.sleep(SLOW_SECONDS)
        raise RuntimeError("an engine fault that quotes its input")


def slow(languages: Sequence[str]) -> _Engine:
    """Takes longer than any deadline."""
    return _Engine("slow")


def broken(languages: Sequence[str]) -> _Engine:
    """Raises."""
    return _Engine("broken")
