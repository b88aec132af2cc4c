from typing import Any

import pytest
from presidio_analyzer import EntityRecognizer, RecognizerRegistry, RecognizerResult

from gateway.detect.engine.nlp import Artifacts, NamedEntity, NameNlpEngine
from gateway.detect.engine.recognizers import (
    Analyzer,
    ContextWordEnhancer,
    NerRecognizer,
    RulesRecognizer,
)


def artifacts(*named: NamedEntity, key: str = "") -> Artifacts:
    return Artifacts(named, key, NameNlpEngine(["ja"]), "ja")


def test_the_rules_are_one_recogniser_that_knows_the_key() -> None:
    recognizer = RulesRecognizer("en")
    (result,) = recognizer.analyze("hunter2", [], artifacts(key="password"))
    assert (result.entity_type, result.start, result.end) == ("SECRET_PASSWORD", 0, 7)
    assert recognizer.analyze("hunter2", [], artifacts()) == []


def test_a_rule_that_breaks_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise TimeoutError

    monkeypatch.setattr("gateway.detect.engine.recognizers.ruleset.find", broken)
    with pytest.raises(TimeoutError):
        RulesRecognizer("en").analyze("text", [], artifacts())


def test_the_engines_names_become_results() -> None:
    (result,) = NerRecognizer("en").analyze("x", [], artifacts(NamedEntity(2, 5, "PERSON")))
    assert (result.entity_type, result.start, result.end, result.score) == ("PERSON", 2, 5, 0.8)


@pytest.mark.parametrize(
    ("text", "start", "score"),
    [
        ("担当はひかり", 3, 0.65),
        ("ひかりへ", 0, 0.3),
        ("ひかり、担当", 0, 0.65),
        ("担当" + "。" * 40 + "ひかり", 42, 0.3),
    ],
)
def test_a_word_near_a_result_raises_it(text: str, start: int, score: float) -> None:
    assert _enhanced(text, start, 0.3) == score


def test_words_never_make_a_result_certain() -> None:
    assert _enhanced("担当はひかり", 3, 0.85) == 0.95
    assert _enhanced("担当はひかり", 3, 1.0) == 1.0


def _enhanced(text: str, start: int, score: float) -> float:
    class Names(NerRecognizer):
        pass

    recognizer: EntityRecognizer = Names("ja")
    recognizer.context = ["担当"]
    result = RecognizerResult(
        entity_type="PERSON",
        start=start,
        end=start + 3,
        score=score,
        recognition_metadata={RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: recognizer.id},
    )
    (enhanced,) = ContextWordEnhancer().enhance_using_context(
        text, [result], artifacts(), [recognizer]
    )
    return float(enhanced.score)


class _Weighing(NerRecognizer):
    """Scores everything almost certain."""

    def enhance_using_context(
        self, text: str, raw_recognizer_results: list[RecognizerResult], *others: Any, **more: Any
    ) -> list[RecognizerResult]:
        for result in raw_recognizer_results:
            result.score = 0.99
        return raw_recognizer_results


@pytest.mark.parametrize(("recogniser", "score"), [(NerRecognizer, 0.8), (_Weighing, 0.99)])
def test_a_recogniser_that_scores_context_itself_is_called(
    recogniser: type[NerRecognizer], score: float
) -> None:
    engine = NameNlpEngine(["ja"])
    registry = RecognizerRegistry(
        [recogniser("ja"), RulesRecognizer("ja")], supported_languages=["ja"]
    )
    analyzer = Analyzer(
        registry=registry,
        nlp_engine=engine,
        supported_languages=["ja"],
        context_aware_enhancer=ContextWordEnhancer(),
    )
    text = "ひかり 090-1234-5678"
    named = Artifacts([NamedEntity(0, 3, "PERSON")], "", engine, "ja")
    results = analyzer.analyze(text, "ja", nlp_artifacts=named)
    assert {(r.entity_type, r.score) for r in results} == {("PERSON", score), ("PHONE_NUMBER", 0.9)}
