"""Every stage on every hostile text: its steps grow with the text. With ``SEKISHO_PROVE`` its CPU time too, up to 512,000 characters."""

import os

import pytest

from tests.growth.inputs import BREAKS, INPUTS
from tests.growth.measure import MOST, growth
from tests.growth.stages import STAGES
from tests.parts.steps import steps

PROVE = bool(os.environ.get("SEKISHO_PROVE"))
SIZE = 800
"""Characters of the smaller text of which steps are counted."""
MOST_STEPS = 6
"""How many times as many a text of four times the size may take: a quadratic step takes sixteen."""
CONSTANT = 2_000
"""Steps that a text costs once, however long it is, and those with which a stage first reaches a bound of its own."""


def test_there_are_enough_inputs() -> None:
    assert len(BREAKS) >= 20
    assert len(INPUTS) - len(BREAKS) >= 40
    for name, make in INPUTS.items():
        for size in (100, 1000):
            assert 0.4 * size <= len(make(size)) <= size, name


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("name", INPUTS)
def test_B10_B112_a_stage_is_linear_in_the_text(name: str, stage: str) -> None:
    make, prepare = INPUTS[name], STAGES[stage]
    small, large = (steps(prepare(make(n))) for n in (SIZE, 4 * SIZE))
    # A stage that turns to another method beyond a bound takes one leap there; one that grows faster than the text leaps on.
    if large > MOST_STEPS * small + CONSTANT:
        small, large = large, steps(prepare(make(16 * SIZE)))
    assert large <= MOST_STEPS * small + CONSTANT, (small, large)
    if PROVE:
        found = growth(prepare, make)
        assert found.exponent <= MOST, str(found)
