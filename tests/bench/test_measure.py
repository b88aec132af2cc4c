"""CPU, memory and percentiles are what they say."""

import os
import statistics
import subprocess
import sys

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.measure import Tree, percentile

_BURN = "import subprocess,sys;subprocess.run([sys.executable,'-c','for i in range(3_000_000): pass']);input()"


@pytest.mark.parametrize(("percent", "expected"), [(0, 1), (50, 2.5), (95, 3.85), (100, 4)])
def test_percentiles_are_interpolated(percent: float, expected: float) -> None:
    assert percentile([4, 1, 3, 2], percent) == pytest.approx(expected)


@given(st.lists(st.floats(0, 1e3), min_size=2, max_size=50))
def test_the_quartiles_are_those_of_the_standard_library(values: list[float]) -> None:
    expected = statistics.quantiles(values, n=4, method="inclusive")
    assert [percentile(values, p) for p in (25, 50, 75)] == pytest.approx(expected)


def test_a_tree_counts_children_that_have_ended() -> None:
    with subprocess.Popen([sys.executable, "-c", _BURN], stdin=subprocess.PIPE) as process:
        tree = Tree(root=psutil.Process(process.pid))
        before = tree.cpu_seconds()
        while tree.root.children() or tree.cpu_seconds() < before + 0.05:
            os.sched_yield()
        assert tree.cpu_seconds() >= before + 0.05
        assert tree.pss_bytes() > 1 << 20
        process.communicate(b"\n")
