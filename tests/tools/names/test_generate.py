"""Generated text: spans name what stands in it, and a seed gives the same text again."""

from itertools import pairwise
from typing import Any

import orjson
import pytest

from tests.tools.names.environment import needs_models, python

pytestmark = needs_models
GENERATE = """
import json, random
from tools.names.generate import Generator
from tools.names.train import Batches
for seed in (5, 5, 6):
    generator = Generator(seed)
    print(json.dumps([generator.text() for _ in range(300)]))
batches = Batches([("Ana Lima wrote to Kenji from Oslo.", [(0, 8, "PERSON"), (18, 23, "PERSON"), (29, 33, "LOCATION")])], 5)
print(json.dumps([batches._replaced(batches._texts[0]) for _ in range(100)]))
"""


@pytest.fixture(scope="module")
def printed() -> list[Any]:
    return [orjson.loads(line) for line in python("-c", GENERATE).splitlines()]


def test_the_same_seed_gives_the_same_texts_and_another_others(printed: list[Any]) -> None:
    first, again, other, _ = printed
    assert first == again
    assert first != other


def test_spans_are_within_their_text_in_order_and_disjoint(printed: list[Any]) -> None:
    for text, spans in printed[0]:
        ends = [place for start, end, _ in spans for place in (start, end)]
        assert ends == sorted(ends), (text, spans)
        assert all(text[start:end].strip() for start, end, _ in spans), (text, spans)
        assert all(a[1] <= b[0] for a, b in pairwise(spans))
        assert not ends or ends[-1] <= len(text)


def test_every_label_is_there_and_no_other(printed: list[Any]) -> None:
    labels = {label for _, spans in printed[0] for _, _, label in spans}
    assert labels == {"PERSON", "LOCATION", "ORG"}
    assert any(not spans for _, spans in printed[0])


def test_replaced_names_stand_where_the_spans_say(printed: list[Any]) -> None:
    replaced = printed[3]
    assert len({text for text, _ in replaced}) > 20
    for text, spans in replaced:
        (a, b, _), (c, d, _), (e, f, _) = spans
        assert (text[:a], text[b:c], text[d:e], text[f:]) == ("", " wrote to ", " from ", ".")
