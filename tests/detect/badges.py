"""A user's recogniser, as described in ``docs/detection.md``."""

from presidio_analyzer import EntityRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts


class Badges(EntityRecognizer):
    """Badges: ``B-`` and four digits whose sum is even."""

    def __init__(self, supported_language: str) -> None:
        super().__init__(supported_entities=["BADGE"], supported_language=supported_language)

    def load(self) -> None:
        """Nothing to load."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts
    ) -> list[RecognizerResult]:
        found = []
        at = text.find("B-")
        while at >= 0:
            digits = text[at + 2 : at + 6]
            if len(digits) == 4 and digits.isdigit() and sum(map(int, digits)) % 2 == 0:
                found.append(RecognizerResult("BADGE", at, at + 6, 0.9))
            at = text.find("B-", at + 1)
        return found


class Broken(Badges):
    """Raises at every text."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts
    ) -> list[RecognizerResult]:
        raise RuntimeError(text)
