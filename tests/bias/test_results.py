"""What is known follows the files, and what can't be used is not known."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.bias.questions import phrases
from gateway.bias.questions import read as questions
from gateway.bias.result_file import result, write
from gateway.bias.results import BiasResults
from gateway.bias.score import classify
from gateway.settings.deployments import DeploymentSettings
from tests.bias.samples import FACTS, small_set
from tests.parts.configuration import deployment

WHEN = datetime(2026, 11, 27, 12, tzinfo=UTC)


class Log:
    def __init__(self) -> None:
        self.lines: list[tuple[str, object]] = []

    def error(self, event: str, **fields: object) -> None:
        self.lines.append((event, fields["deployment"]))


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bias.json"


@pytest.fixture
def place(path: Path) -> DeploymentSettings:
    settings = deployment("http://127.0.0.1:9/v1", bias=str(path))
    return DeploymentSettings.model_validate(settings)


@pytest.fixture
def known(place: DeploymentSettings, log: Log) -> BiasResults:
    other = DeploymentSettings.model_validate(deployment("http://127.0.0.1:9/v1"))
    return BiasResults({"r1-a": place, "r1-b": other}, log)


def measure(path: Path, place: DeploymentSettings, when: datetime) -> None:
    question_set = questions(small_set(path.parent, "a"))
    answers = [classify(question, FACTS, phrases()) for question in question_set.items]
    write(path, result("r1-a", place, question_set, answers, when))


def test_it_is_read_again_when_the_file_changes(
    known: BiasResults, path: Path, place: DeploymentSettings, log: Log
) -> None:
    names = ("r1-a", "r1-b", "nobody")
    assert known.of(names) == {}
    for when in (WHEN, WHEN + timedelta(days=1)):
        measure(path, place, when)
        assert {name: bias.measured for name, bias in known.of(names).items()} == {"r1-a": when}
    path.unlink()
    assert known.of(names) == {}
    assert log.lines == []


def test_a_file_that_cannot_be_used_is_no_measurement_and_told_of_once(
    known: BiasResults, path: Path, place: DeploymentSettings, log: Log
) -> None:
    measure(path, place, WHEN)
    assert known.of(["r1-a"])
    path.write_text("{")
    assert [known.of(["r1-a"]) for _ in range(3)] == [{}, {}, {}]
    assert log.lines == [("bias_unusable", "r1-a")]
