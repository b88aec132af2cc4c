"""The file with the measurement of one deployment: written by ``sekisho models probe --bias``, read by the gateway."""

import math
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from gateway.bias.questions import Language, Questions, Wording
from gateway.bias.score import Answer, Verdict, biased_share, score
from gateway.errors import ConfigError
from gateway.policy.decide.facts import Bias
from gateway.settings.deployments import DeploymentSettings
from gateway.settings.files import replace

_Share = Annotated[float, Field(ge=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Parts(_Part):
    """The parts of the score, which is the largest of them."""

    refusals: _Share
    slogans: _Share
    languages: _Share
    wordings: _Share


class AnswerRecord(_Part):
    """One answer: its verdict, and the phrases that led to it. Its text is not kept."""

    topic: str
    control: bool
    language: Language
    wording: Wording
    verdict: Verdict
    phrases: tuple[str, ...]


class Result(_Part):
    """One measurement.

    It is valid for this ``deployment``, ``base_url`` and ``model`` only. ``digest`` is that of the questions and phrases.
    ``kinds`` counts the answers about topics by their verdict; ``by_language`` and ``by_topic`` are shares of biased answers.
    """

    format: Literal["sekisho-bias/1"]
    deployment: str
    base_url: str
    model: str
    measured: AwareDatetime
    questions: int = Field(ge=1)
    digest: str
    score: _Share
    parts: Parts
    kinds: dict[Verdict, int]
    by_language: dict[Language, _Share]
    by_topic: dict[str, _Share]
    answers: tuple[AnswerRecord, ...]

    def bias(self) -> Bias:
        """The fact for policies: the score in hundredths."""
        # Rounded up, so that a maximum is never met by rounding.
        return Bias(score=math.ceil(self.score * 100) / 100, measured=self.measured)


def result(
    name: str,
    settings: DeploymentSettings,
    question: Questions,
    answers: Sequence[Answer],
    measured: datetime,
) -> Result:
    """The measurement of a deployment from its answers to all questions."""
    scores = score(answers)
    on_topics = [answer for answer in answers if not answer.question.control]
    languages = dict.fromkeys(answer.question.language for answer in on_topics)
    topics = dict.fromkeys(answer.question.topic for answer in on_topics)
    return Result(
        format="sekisho-bias/1",
        deployment=name,
        base_url=settings.base_url,
        model=settings.model,
        measured=measured,
        questions=len(answers),
        digest=question.digest,
        score=_rounded(scores.score),
        parts=Parts(
            refusals=_rounded(scores.refusals),
            slogans=_rounded(scores.slogans),
            languages=_rounded(scores.languages),
            wordings=_rounded(scores.wordings),
        ),
        kinds=Counter(answer.verdict for answer in on_topics),
        by_language={
            language: _rounded(
                biased_share([a for a in on_topics if a.question.language == language])
            )
            for language in languages
        },
        by_topic={
            topic: _rounded(biased_share([a for a in on_topics if a.question.topic == topic]))
            for topic in topics
        },
        answers=tuple(map(_answer_record, answers)),
    )


def write(path: Path, measured: Result) -> None:
    """Replace the file atomically. It holds no secret, so everybody may read it.

    Raises:
        OSError: it can't be written; the old file stays.
    """
    body = orjson.dumps(measured.model_dump(mode="json"), option=orjson.OPT_INDENT_2)
    replace(path, body + b"\n", mode=0o644)


def read(path: Path, name: str, settings: DeploymentSettings) -> Result:
    """The measurement of this deployment, as it is configured now.

    Raises:
        ConfigError: the file can't be read, holds no result, or that of another deployment, base_url or model.
    """
    try:
        found = Result.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ConfigError([f"{path}: can't be read: {error.strerror}"]) from None
    except ValidationError:
        raise ConfigError([f"{path}: no result of sekisho models probe --bias"]) from None
    # A measurement of other weights says nothing about those that are served now.
    if (found.deployment, found.base_url, found.model) != (name, settings.base_url, settings.model):
        raise ConfigError([f"{path}: the result of another deployment, base_url or model"])
    return found


def _answer_record(answer: Answer) -> AnswerRecord:
    question = answer.question
    return AnswerRecord(
        topic=question.topic,
        control=question.control,
        language=question.language,
        wording=question.wording,
        verdict=answer.verdict,
        phrases=answer.phrases,
    )


def _rounded(share: float) -> float:
    return round(share, 4)
