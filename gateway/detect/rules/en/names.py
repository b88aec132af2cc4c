"""English names by what announces them: a salutation, a title, "my name is".

The statistical model misses names that stand alone after such words ("Dear Kenji Tanaka,"), which is where letters and
forms put them.
"""

import re
from typing import Final

from presidio_analyzer import EntityRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts

_NAME: Final = "announced-name"
_SCORE: Final = 0.85
_CAPITALS: Final = "A-ZÀ-ÖØ-ÞŁŚŠŽŻ"
_WORD: Final = rf"[{_CAPITALS}][^\W\d_]*(?:['’-][^\W\d_]+)*"
_ANNOUNCED: Final = re.compile(
    # a set first, which is searched for several times as fast as a choice of words
    r"[DMPNmns](?<!\w.)(?:(?<=D)(?:ear|r)|(?<=M)(?:rs?|s|iss|x)|(?<=P)rof(?:essor)?|(?<=[Mm])y name is|(?<=[Nn])ame:|(?<=s)igned by)"
    r"\.?[ \t]+"
    rf"((?:(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.?[ \t]+)?)({_WORD}(?:[ \t]{_WORD}){{0,2}})"
)
_GENERIC_ADDRESSEES: Final = frozenset(
    "all applicant candidate client colleague colleagues customer customers everyone friend friends "
    "guest hiring ladies lord madam manager members parents partner recruiter santa sir sirs "
    "student students support team user users valued".split()
)
"""Whom letters address when they address nobody in particular."""


class AnnouncedNameRecognizer(EntityRecognizer):
    """People who are announced by the words before them."""

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
            for match in _ANNOUNCED.finditer(text)
            if match[2].split()[0].lower() not in _GENERIC_ADDRESSEES
        ]
