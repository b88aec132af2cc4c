"""Limits on the parts of one reply."""

from typing import Any

import pytest

from gateway.errors import UpstreamFailed
from gateway.upstream.protocol.limits import (
    MAX_CHOICES,
    MAX_DEPTH,
    MAX_INDEX,
    MAX_KEY,
    MAX_TOOL_CALLS,
    MAX_UNKNOWN,
    ReplyLimits,
    index,
)


@pytest.mark.parametrize("value", [0, 1, MAX_INDEX - 1])
def test_B36_whole_numbers_below_the_limit_are_indices(value: int) -> None:
    assert index(value) == value


@pytest.mark.parametrize("value", [MAX_INDEX, -1, 1.0, 1.5, "0", True, None, [], float("nan")])
def test_B36_everything_else_is_not(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        index(value)


@pytest.mark.parametrize(
    ("count", "most"),
    [
        (lambda limits, n: limits.choice(n), MAX_CHOICES),
        (lambda limits, n: limits.tool_call(0, n), MAX_TOOL_CALLS),
        (lambda limits, n: limits.tool_call(n, 0), MAX_TOOL_CALLS),
        (lambda limits, n: limits.unknown(0, ("x", n)), MAX_UNKNOWN),
        (lambda limits, n: limits.unknown(n, ("x",)), MAX_UNKNOWN),
    ],
)
def test_B16_each_kind_of_part_has_a_limit(count: Any, most: int) -> None:
    limits = ReplyLimits()
    for _ in range(2):  # a part that is known is not counted again
        for number in range(most):
            count(limits, number)
    with pytest.raises(UpstreamFailed):
        count(limits, most)


def test_B16_sizes_at_the_limit_pass() -> None:
    ReplyLimits.values(MAX_UNKNOWN, ("x",) * MAX_DEPTH, ["k" * MAX_KEY])
    for size, depth, key in [(1, 0, 0), (0, 1, 0), (0, 0, 1)]:
        with pytest.raises(UpstreamFailed):
            ReplyLimits.values(
                MAX_UNKNOWN + size, ("x",) * (MAX_DEPTH + depth), ["k" * (MAX_KEY + key)]
            )
