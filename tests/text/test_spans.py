from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.text.spans import Interval, Offsets, subtract, topmost, trim, widen


@st.composite
def disjoint(draw: Callable[..., list[int]]) -> list[Interval]:
    edges = sorted(draw(st.lists(st.integers(0, 30), unique=True, max_size=12)))
    return list(zip(edges[::2], edges[1::2], strict=False))


def covered(intervals: list[Interval]) -> set[int]:
    return {at for start, end in intervals for at in range(start, end)}


def is_disjoint(intervals: list[Interval]) -> bool:
    ends = [0, *(end for _, end in intervals)]
    return all(before <= start < end for before, (start, end) in zip(ends, intervals, strict=False))


@given(disjoint(), disjoint())
def test_subtract_leaves_what_is_not_removed(one: list[Interval], other: list[Interval]) -> None:
    left = subtract(one, other)
    assert covered(left) == covered(one) - covered(other)
    assert is_disjoint(left)


@given(disjoint(), disjoint())
def test_widen_adds_the_units_that_are_touched(one: list[Interval], units: list[Interval]) -> None:
    widened = widen(one, units)
    touched = [unit for unit in units if covered([unit]) & covered(one)]
    assert covered(widened) == covered(one) | covered(touched)
    assert is_disjoint(widened)
    # A unit is never divided.
    assert all(sum(a < d and c < b for c, d in widened) <= 1 for a, b in units)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 8)), max_size=10))
def test_the_first_interval_that_covers_a_place_is_on_top(drawn: list[Interval]) -> None:
    intervals = [(start, start + size) for start, size in drawn]
    parts = topmost(intervals)
    assert is_disjoint([(start, end) for start, end, _ in parts])
    for at in range(30):
        around = [i for i, (start, end) in enumerate(intervals) if start <= at < end]
        on_top = [i for start, end, i in parts if start <= at < end]
        assert on_top == around[:1]


def test_parts_of_one_interval_that_touch_are_one() -> None:
    assert topmost([(0, 10), (2, 4), (6, 12)]) == [(0, 10, 0), (10, 12, 2)]


@pytest.mark.parametrize(
    ("text", "expected"), [(" a b\n", (1, 4)), ("a", (0, 1)), (" -", None), ("", None)]
)
def test_trim(text: str, expected: Interval | None) -> None:
    assert trim(text, 0, len(text)) == expected


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 4)), max_size=8),
    st.lists(st.integers(0, 9), max_size=9),
)
def test_offsets_are_a_list_of_integers_and_compose(
    runs: list[Interval], picked: list[int]
) -> None:
    offsets, plain = Offsets(), list[int]()
    for original, size in runs:
        offsets.extend(original, size)
        plain.extend(range(original, original + size))
    assert [offsets[at] for at in range(len(offsets))] == plain
    outer, inside = Offsets(), [at for at in picked if at < len(plain)]
    for at in inside:
        outer.extend(at, 1)
    composed = outer.through(offsets)
    assert [composed[at] for at in range(len(composed))] == [plain[at] for at in inside]
    with pytest.raises(IndexError):
        offsets[len(plain)]


def test_a_run_that_stays_together_is_one_entry() -> None:
    offsets = Offsets()
    for at in range(1000):
        offsets.extend(at, 1)
    assert len(offsets) == 1000
    assert len(offsets._starts) == 1
