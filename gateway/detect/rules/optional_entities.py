"""Entities that are off unless settings enable them: organisations, dates, ages, nationalities.

Masking them harms answers more than it protects people, and rules find only part of them: organisations by their legal
form, ages and nationalities by their label.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from presidio_analyzer import EntityRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts

from gateway.detect.rules.dates import DATE, is_date

_SCORE: Final = 0.7
_NAME: Final = r"(?<![A-Za-z0-9])[A-Z][\w&'’.-]{0,30}"
# Japanese legal forms are before or after the name. Counts are bounded, as a line of capitals would backtrack.
_ORGANISATION: Final = re.compile(
    rf"{_NAME}(?:,? (?:{_NAME}|and|of|&)){{0,4}},? (?:Inc|Ltd|LLC|LLP|PLC|Corp|Corporation|Company|Co|GmbH|AG|SE|SA|SpA|NV|BV|KK|Group|Holdings"
    r"|Bank|University|Foundation)\b\.?"
    r"|(?:株式会社|有限会社|合同会社|合資会社|㈱|医療法人|学校法人|社会福祉法人|一般社団法人|公益財団法人)[ 　]?[一-龥々ァ-ヴーA-Za-z0-9・&]{1,20}"
    r"|(?<![一-龥々ァ-ヴーA-Za-z0-9・&])[一-龥々ァ-ヴーA-Za-z0-9・&]{1,20}(?:株式会社|有限会社|合同会社|銀行|大学|高校|新聞社|協会|財団)"
)
_AGE: Final = re.compile(
    r"(?<![\w.])(?:(?:aged?|年齢)[ :は]{0,3}([0-9]{1,3})(?![0-9.])|([0-9]{1,3})(?: ?-?years?[ -]old| ?歳| ?才))",
    re.IGNORECASE,
)
_DATES: Final = re.compile(DATE, re.IGNORECASE)
_NATIONALITY: Final = re.compile(
    r"(?:nationality|citizenship|religion|ethnicity|国籍|宗教)[ :はis]{1,5}([A-Z][a-z]{2,20}|[一-龥ァ-ヴー]{1,12})",
    re.IGNORECASE,
)


class OptionalRecognizer(EntityRecognizer):
    """Those of ``ORGANIZATION``, ``DATE_TIME``, ``NRP`` and ``AGE`` that settings enable."""

    def __init__(self, entities: tuple[str, ...], language: str) -> None:
        super().__init__(
            supported_entities=list(entities), supported_language=language, name="optional"
        )

    def load(self) -> None:
        """Nothing to load: the tables are constants."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts
    ) -> list[RecognizerResult]:
        del entities, nlp_artifacts
        return [
            RecognizerResult(entity, *span, _SCORE)
            for entity in self.supported_entities
            for span in _FINDERS[entity](text)
        ]


def _whole(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in pattern.finditer(text))


def _dates(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _DATES.finditer(text) if is_date(match[0]))


def _grouped(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    for match in pattern.finditer(text):
        yield match.span(
            match.lastindex or 0
        )  # the value in the group that matched, without its label


_FINDERS: Final[dict[str, Callable[[str], Iterator[tuple[int, int]]]]] = {
    "ORGANIZATION": lambda text: _whole(_ORGANISATION, text),
    "DATE_TIME": _dates,
    "NRP": lambda text: _grouped(_NATIONALITY, text),
    "AGE": lambda text: _grouped(_AGE, text),
}
