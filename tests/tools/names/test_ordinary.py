"""Ordinary words: none is a name, titles are capitalised, and a seed gives the same ones again."""

from typing import Any

import orjson
import pytest

from tests.tools.names.environment import needs_models, python

pytestmark = needs_models
DRAW = """
import json, random
from tools.names.lexicon import Lexicon
from tools.names.ordinary import Ordinary
for seed in (5, 5, 6):
    rng = random.Random(seed)
    names = Lexicon(rng).words()
    ordinary = Ordinary(rng, names)
    drawn = [(ordinary.noun(), ordinary.adjective(), ordinary.verb(), ordinary.title()) for _ in range(500)]
    print(json.dumps([drawn, [word for row in drawn for word in row[:3] if word.capitalize() in names]]))
"""


@pytest.fixture(scope="module")
def printed() -> list[Any]:
    return [orjson.loads(line) for line in python("-c", DRAW).splitlines()]


def test_the_same_seed_gives_the_same_words_and_another_others(printed: list[Any]) -> None:
    (first, _), (again, _), (other, _) = printed
    assert first == again
    assert first != other


def test_words_are_many_lower_case_and_no_names(printed: list[Any]) -> None:
    for drawn, names in printed:
        words = [word for row in drawn for word in row[:3]]
        assert len(set(words)) > 500
        assert all(word.islower() and word.isalpha() for word in words)
        assert names == []


def test_titles_are_filled_and_capitalised(printed: list[Any]) -> None:
    titles = [row[3] for drawn, _ in printed for row in drawn]
    assert all(title[0].isupper() and "{" not in title for title in titles)
