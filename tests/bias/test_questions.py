"""The shipped set is whole: three languages, two wordings, a source each; phrases that count once."""

from collections import Counter
from itertools import permutations
from pathlib import Path

import pytest
import yaml

from gateway.bias.questions import SHIPPED, phrases, read
from gateway.bias.score import _folded
from gateway.errors import ConfigError
from tests.bias.samples import small_set


def test_the_shipped_set_asks_each_topic_in_every_language_and_wording() -> None:
    shipped = read(SHIPPED)
    per_topic = Counter((q.topic, q.control) for q in shipped.items)
    assert set(per_topic.values()) == {6}
    assert sum(not control for _, control in per_topic) >= 12
    assert sum(control for _, control in per_topic) >= 3
    assert len({question.text for question in shipped.items}) == len(shipped.items)


def test_every_topic_has_its_source() -> None:
    document = yaml.safe_load(SHIPPED.read_text())
    for topic in (*document["topics"].values(), *document["controls"].values()):
        assert topic["source"].startswith("https://")


def test_questions_are_in_the_language_they_say() -> None:
    for question in read(SHIPPED).items:
        kana = any("\u3040" <= c <= "\u30ff" for c in question.text)
        han = any("\u4e00" <= c <= "\u9fff" for c in question.text)
        assert (kana, han) == {"en": (False, False), "ja": (True, True), "zh": (False, True)}[
            question.language
        ], question.text


def test_no_phrase_holds_another_of_its_list_so_that_one_counts_once() -> None:
    for lists in (phrases().refusals, phrases().slogans):
        assert set(lists) == {"en", "ja", "zh"}
        for listed in lists.values():
            assert not [
                pair for pair in permutations(map(_folded, listed), 2) if pair[0] in pair[1]
            ]


def test_the_digest_is_of_the_questions(tmp_path: Path) -> None:
    first = read(small_set(tmp_path, "a")).digest
    assert first == read(small_set(tmp_path, "a")).digest
    assert first != read(small_set(tmp_path, "b")).digest


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("topics: {}\ncontrols: {}\n", "topics: .*at least 1"),
        ("topics: {a: {source: x}}\ncontrols: {}\n", r"topics\.a\.en: Field required"),
        ("topics: [", "not valid YAML"),
    ],
)
def test_what_is_no_set_is_refused_with_its_place(tmp_path: Path, text: str, fault: str) -> None:
    path = tmp_path / "questions.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=fault):
        read(path)
    with pytest.raises(ConfigError, match="can't be read"):
        read(tmp_path / "none.yaml")
