import re
from pathlib import Path
from typing import get_args

import pytest
from presidio_analyzer import EntityRecognizer, Pattern, PatternRecognizer

from gateway.detect import rules
from gateway.detect.base import Passage
from gateway.detect.engine.presidio import build
from gateway.detect.rules import ruleset
from gateway.detect.rules.language import Language
from gateway.detect.rules.languages import LANGUAGES, language_of, use_networks
from gateway.settings.detection import Detect, LanguageCode

ENGLISH_TEXT, JAPANESE_TEXT = "My name is Ann.", "担当は Ann です"


def test_the_table_and_the_settings_have_the_same_languages() -> None:
    assert set(get_args(LanguageCode)) == set(LANGUAGES)
    assert Detect().languages == tuple(LANGUAGES)


def test_every_language_folder_is_in_the_table() -> None:
    folders = {path.parent.name for path in Path(rules.__path__[0]).glob("*/language.py")}
    assert folders == set(LANGUAGES)


def test_each_row_is_under_its_own_code() -> None:
    assert {code: language.code for code, language in LANGUAGES.items()} == {
        code: code for code in LANGUAGES
    }


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_the_rules_of_every_language_run_on_every_text(language: Language) -> None:
    assert {rule.entity for rule in language.rules} | language.entities <= ruleset.ENTITIES
    assert set(language.rules) <= set(ruleset._RULES)
    assert set(language.finders) <= set(ruleset._FINDERS)


@pytest.mark.parametrize(
    ("text", "codes", "expected"),
    [
        (ENGLISH_TEXT, ("en", "ja"), "en"),
        (ENGLISH_TEXT, ("ja", "en"), "ja"),
        (ENGLISH_TEXT, ("ja",), "ja"),
        (JAPANESE_TEXT, ("en", "ja"), "ja"),
        (JAPANESE_TEXT, ("en",), "en"),
        ("", ("en", "ja"), "en"),
    ],
)
def test_the_script_of_a_text_decides_its_language(
    text: str, codes: tuple[str, ...], expected: str
) -> None:
    assert language_of(text, codes) == expected


@pytest.mark.parametrize(
    ("codes", "expected"), [((), False), (("en",), True), (("ja",), False), (("ja", "en"), True)]
)
def test_english_needs_the_networks(codes: tuple[str, ...], *, expected: bool) -> None:
    assert use_networks(codes) is expected


def german(language: str) -> list[EntityRecognizer]:
    pattern = Pattern("salutation", r"(?<=Herr )[A-Z][a-z]+", 0.9)
    return [PatternRecognizer("PERSON", patterns=[pattern], supported_language=language)]


@pytest.mark.parametrize("codes", [("de",), ("ja", "de"), ("de", "ja")])
def test_a_row_of_the_table_is_all_that_the_engine_needs(
    monkeypatch: pytest.MonkeyPatch, codes: tuple[str, ...]
) -> None:
    monkeypatch.setitem(LANGUAGES, "de", Language(code="de", recognizers=german))
    text = "Sehr geehrter Herr Schmidt"
    (spans,) = build(codes).detect([Passage(text=text, languages=codes)])
    assert [(span.entity, text[span.start : span.end]) for span in spans] == [("PERSON", "Schmidt")]


def test_a_language_with_its_own_script_reads_only_its_own_texts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def greek(language: str) -> list[EntityRecognizer]:
        pattern = Pattern("any", "[A-Z]{4}", 0.9)
        return [PatternRecognizer("CODE", patterns=[pattern], supported_language=language)]

    row = Language(code="el", recognizers=greek, script=re.compile("[α-ω]"))
    monkeypatch.setitem(LANGUAGES, "el", row)
    codes = ("ja", "el")
    passages = [Passage(text=text, languages=codes) for text in ("μου ABCD", "in ABCD")]
    assert [len(spans) for spans in build(codes).detect(passages)] == [1, 0]
