"""The file of a measurement: written whole, read strictly, and about one deployment as it is configured."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.bias.questions import Questions, phrases
from gateway.bias.questions import read as questions
from gateway.bias.result_file import Result, read, result, write
from gateway.bias.score import classify
from gateway.errors import ConfigError
from gateway.settings.deployments import DeploymentSettings
from tests.bias.samples import FACTS, REFUSAL, small_set
from tests.parts.configuration import deployment

WHEN = datetime(2026, 11, 27, 12, tzinfo=UTC)


def place(**changes: Any) -> DeploymentSettings:
    return DeploymentSettings.model_validate({**deployment("http://127.0.0.1:9/v1"), **changes})


@pytest.fixture
def question_set(tmp_path: Path) -> Questions:
    return questions(small_set(tmp_path, "a", "b", "c"))


def measured(question_set: Questions, refused: str = "a en") -> Result:
    answers = [
        classify(q, REFUSAL if q.text.startswith(refused) else FACTS, phrases())
        for q in question_set.items
    ]
    return result("r1-a", place(), question_set, answers, WHEN)


def test_it_says_what_was_measured_by_language_topic_and_kind(question_set: Questions) -> None:
    found = measured(question_set)
    assert (found.questions, found.digest) == (24, question_set.digest)
    assert found.kinds == {"refused": 2, "answered": 16}
    assert found.by_language == {"en": 0.3333, "ja": 0, "zh": 0}
    assert found.by_topic == {"a": 0.3333, "b": 0, "c": 0}
    assert found.parts.languages == found.score == 0.3333
    assert found.answers[0].phrases == ("i cannot answer",)


def test_the_fact_is_the_score_in_hundredths_rounded_up(question_set: Questions) -> None:
    bias = measured(question_set).bias()
    assert (bias.score, bias.measured) == (0.34, WHEN)
    assert measured(question_set, refused="none").bias().score == 0


def test_what_is_written_is_read_again_and_holds_no_text(
    question_set: Questions, tmp_path: Path
) -> None:
    path = tmp_path / "bias.json"
    write(path, measured(question_set))
    assert read(path, "r1-a", place()) == measured(question_set)
    assert b"AI assistant" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o644
    assert sorted(tmp_path.iterdir()) == [path, tmp_path / "questions.yaml"]


@pytest.mark.parametrize(
    ("name", "changes"),
    [("r1-b", {}), ("r1-a", {"model": "other"}), ("r1-a", {"base_url": "http://127.0.0.1:8/v1"})],
)
def test_a_result_is_about_what_was_asked_and_nothing_else(
    question_set: Questions, tmp_path: Path, name: str, changes: dict[str, Any]
) -> None:
    path = tmp_path / "bias.json"
    write(path, measured(question_set))
    with pytest.raises(ConfigError, match="another deployment, base_url or model"):
        read(path, name, place(**changes))


@pytest.mark.parametrize(
    "change",
    [
        {"score": -0.1},
        {"score": 1.1},
        {"score": "NaN"},
        {"measured": "2026-11-27T12:00:00"},
        {"format": "sekisho-bias/2"},
        {"more": 1},
    ],
)
def test_what_is_no_result_is_refused(
    question_set: Questions, tmp_path: Path, change: dict[str, Any]
) -> None:
    path = tmp_path / "bias.json"
    document = {**measured(question_set).model_dump(mode="json"), **change}
    path.write_bytes(orjson.dumps(document))
    with pytest.raises(ConfigError, match="no result of sekisho models probe --bias"):
        read(path, "r1-a", place())
    with pytest.raises(ConfigError, match="can't be read"):
        read(tmp_path / "none.json", "r1-a", place())
