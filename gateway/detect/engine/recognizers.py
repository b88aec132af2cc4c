"""The rules and networks as Presidio recognisers, its analyzer, and the step that scores the words around a result."""

import re
from functools import cache
from typing import Final

from presidio_analyzer import AnalyzerEngine, EntityRecognizer, RecognizerResult
from presidio_analyzer.context_aware_enhancers import ContextAwareEnhancer
from presidio_analyzer.nlp_engine import NlpArtifacts

from gateway.detect.engine.nlp import Artifacts
from gateway.detect.rules import labelled, ruleset
from gateway.detect.rules.rule import PreparedText

_NER_SCORE: Final = 0.8
_BEFORE: Final = 32
_AFTER: Final = 12
_CONTEXT_BOOST: Final = 0.35
_MAX_BOOSTED_SCORE: Final = 0.95


class RulesRecognizer(EntityRecognizer):
    """All deterministic rules as one recogniser. It raises when a regular expression fails; Presidio's would skip it."""

    def __init__(self, language: str) -> None:
        # Users see this name in results: its spelling is fixed.
        super().__init__(
            supported_entities=sorted(ruleset.ENTITIES), supported_language=language, name="tier0"
        )

    def load(self) -> None:
        """Nothing to load: the tables are constants."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts
    ) -> list[RecognizerResult]:
        del entities
        key = nlp_artifacts.key if isinstance(nlp_artifacts, Artifacts) else ""
        return [
            _result(span.entity, span.start, span.end, span.score, span.detector)
            for span in ruleset.find(text, key)
        ]


class LabelledRecognizer(EntityRecognizer):
    """Values that follow a label, which only whole texts are searched for."""

    def __init__(self, language: str) -> None:
        super().__init__(
            supported_entities=sorted(labelled.ENTITIES),
            supported_language=language,
            name="labelled",
        )

    def load(self) -> None:
        """Nothing to load: the tables are constants."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts
    ) -> list[RecognizerResult]:
        del entities
        key = nlp_artifacts.key if isinstance(nlp_artifacts, Artifacts) else ""
        return [
            _result(span.entity, span.start, span.end, span.score, span.detector)
            for span in labelled.labelled(PreparedText.of(text, key))
        ]


class NerRecognizer(EntityRecognizer):
    """People and places that the networks found."""

    def __init__(self, language: str) -> None:
        super().__init__(
            supported_entities=["LOCATION", "PERSON"], supported_language=language, name="ner"
        )

    def load(self) -> None:
        """Nothing to load: the NLP engine holds the model."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts
    ) -> list[RecognizerResult]:
        del text, entities
        named = nlp_artifacts.named if isinstance(nlp_artifacts, Artifacts) else ()
        return [_result(one.label, one.start, one.end, _NER_SCORE, one.detector) for one in named]


def _result(entity: str, start: int, end: int, score: float, detector: str) -> RecognizerResult:
    return RecognizerResult(
        entity_type=entity,
        start=start,
        end=end,
        score=score,
        recognition_metadata={RecognizerResult.RECOGNIZER_NAME_KEY: detector},
    )


class Analyzer(AnalyzerEngine):
    """Presidio's engine without sorting results by recogniser, which costs more than all rules on a short text.

    The sorting is done only where a recogniser overrides ``enhance_using_context``.
    """

    def _enhance_using_context(
        self,
        text: str,
        raw_results: list[RecognizerResult],
        nlp_artifacts: NlpArtifacts,
        recognizers: list[EntityRecognizer],
        context: list[str] | None = None,
    ) -> list[RecognizerResult]:
        enhance = (
            super()._enhance_using_context
            if any(map(_overrides_enhancer, recognizers))
            else self.context_aware_enhancer.enhance_using_context
        )
        return enhance(text, raw_results, nlp_artifacts, recognizers, context)


def _overrides_enhancer(recognizer: EntityRecognizer) -> bool:
    """Whether a recogniser scores the words around its results itself."""
    return type(recognizer).enhance_using_context is not EntityRecognizer.enhance_using_context


class ContextWordEnhancer(ContextAwareEnhancer):
    """Raises the score of a result when one of its recogniser's context words is near it.

    Works on the text itself; Presidio's own enhancer compares lemmas, which this engine does not compute.
    """

    def __init__(self) -> None:
        super().__init__(
            context_similarity_factor=_CONTEXT_BOOST,
            min_score_with_context_similarity=0.0,
            context_prefix_count=_BEFORE,
            context_suffix_count=_AFTER,
        )

    def enhance_using_context(
        self,
        text: str,
        raw_results: list[RecognizerResult],
        nlp_artifacts: NlpArtifacts,
        recognizers: list[EntityRecognizer],
        context: list[str] | None = None,
    ) -> list[RecognizerResult]:
        del nlp_artifacts, context
        words = {each.id: _any_of(tuple(each.context)) for each in recognizers if each.context}
        for result in raw_results:
            metadata = result.recognition_metadata or {}
            # By identifier: recognisers of several languages have the same name.
            own = words.get(metadata.get(RecognizerResult.RECOGNIZER_IDENTIFIER_KEY, ""))
            if own is not None and result.score < _MAX_BOOSTED_SCORE:
                near = text[max(0, result.start - _BEFORE) : result.end + _AFTER].lower()
                if own.search(near):
                    result.score = min(_MAX_BOOSTED_SCORE, round(result.score + _CONTEXT_BOOST, 3))
        return raw_results


@cache
def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, words)))
