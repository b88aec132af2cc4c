"""English names after a salutation, a title or "my name is".

The networks miss names that are alone after such words ("Dear Kenji Tanaka,"), as they are in letters and forms.
"""

import re
from typing import Final

from presidio_analyzer import EntityRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts

_NAME: Final = "announced-name"
_SCORE: Final = 0.85
_CAPITALS: Final = "A-ZÀ-ÖØ-ÞŁŚŠŽŻ"
_WORD: Final = rf"[{_CAPITALS}][^\W\d_]*(?:['’-][^\W\d_]+)*"
_AFTER_SALUTATION: Final = re.compile(
    # A set comes first, and look-behinds distinguish the words: the regular expression engine searches for a set
    # several times as fast as for alternatives.
    r"[DMPNmns](?<!\w.)(?:(?<=D)(?:ear|r)|(?<=M)(?:rs?|s|iss|x)|(?<=P)rof(?:essor)?|(?<=[Mm])y name is|(?<=[Nn])ame:|(?<=s)igned by)"
    r"\.?[ \t]+"
    rf"((?:(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.?[ \t]+)?)({_WORD}(?:[ \t]{_WORD}){{0,2}})"
)
_GENERIC_ADDRESSEES: Final = frozenset(
    "all applicant candidate client colleague colleagues customer customers everyone friend friends "
    "guest hiring ladies lord madam manager members parents partner recruiter santa sir sirs "
    "student students support team user users valued".split()
)
"""Addressees of letters that are not to a particular person."""


class AnnouncedNameRecognizer(EntityRecognizer):
    """People after a salutation, a title or the like."""

    def __init__(self, language: str) -> None:
        super().__init__(supported_entities=["PERSON"], supported_language=language, name=_NAME)

    def load(self) -> None:
        """Nothing to load."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts
    ) -> list[RecognizerResult]:
        del entities, nlp_artifacts
        return [
            RecognizerResult(
                entity_type="PERSON",
                start=match.start(2),
                end=match.end(2),
                score=_SCORE,
                recognition_metadata={RecognizerResult.RECOGNIZER_NAME_KEY: _NAME},
            )
            for match in _AFTER_SALUTATION.finditer(text)
            if match[2].split()[0].lower() not in _GENERIC_ADDRESSEES
        ]
