"""The real engine on every hostile text. With ``SEKISHO_PROVE`` its CPU time grows with the text."""

import os
from itertools import pairwise

import pytest

from gateway.detect.base import Passage, Span
from gateway.detect.engine.presidio import Engine, build
from tests.growth.inputs import INPUTS
from tests.growth.measure import MOST, Work, growth

PROVE = bool(os.environ.get("SEKISHO_PROVE"))
SIZE = 1_000
LARGEST = 64_000
"""Characters: enough for what was quadratic to take minutes."""
LANGUAGES = ("en", "ja")


@pytest.fixture(scope="module")
def engine() -> Engine:
    return build(LANGUAGES)


@pytest.mark.parametrize("name", INPUTS)
def test_B10_B110_detection_is_linear_in_the_text(name: str, engine: Engine) -> None:
    make = INPUTS[name]
    text = make(SIZE)
    (found,) = _detect(engine, text)
    assert all(left.end <= right.start for left, right in pairwise(found))
    assert all(0 <= span.start < span.end <= len(text) for span in found)
    if PROVE:
        grown = growth(lambda given: _work(engine, given), make, LARGEST)
        assert grown.exponent <= MOST, str(grown)


def _work(engine: Engine, text: str) -> Work:
    return lambda: _detect(engine, text)


def _detect(engine: Engine, text: str) -> list[tuple[Span, ...]]:
    return engine.detect([Passage(text=text, languages=LANGUAGES)])
