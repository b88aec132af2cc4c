"""Precision: numbers and identifiers of ordinary business text are not findings."""

import pytest

from gateway.detect.base import Passage
from gateway.detect.engine.presidio import Engine, build
from gateway.detect.rules.labelled import labelled
from gateway.detect.rules.rule import PreparedText
from gateway.text.fold import fold
from tests.detect.ordinary_lines import LINES, lines

COUNT = 10_000


@pytest.fixture(scope="module")
def engine() -> Engine:
    return build(("en", "ja"))


def test_at_most_one_ordinary_line_in_500_has_a_false_alarm(engine: Engine) -> None:
    texts = list(lines(COUNT))
    found = engine.detect([Passage(text=text) for text in texts])
    alarms = [
        text
        for text, spans in zip(texts, found, strict=True)
        if spans or list(labelled(PreparedText.of(fold(text).text, "")))
    ]
    assert len(alarms) <= COUNT / 500, alarms[:10]


def test_lines_are_the_same_each_time_and_of_every_kind() -> None:
    assert list(lines(100)) == list(lines(100))
    assert len(set(lines(len(LINES)))) == len(LINES)
