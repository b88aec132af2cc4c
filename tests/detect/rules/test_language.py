import dataclasses

import pytest
from presidio_analyzer import EntityRecognizer

from gateway.detect.rules.language import Language


def no_recognizers(_language: str) -> list[EntityRecognizer]:
    return []


def test_a_language_needs_a_code_and_recognisers_and_nothing_else() -> None:
    language = Language(code="xx", recognizers=no_recognizers)
    assert language.script is None
    assert not language.networks
    assert (language.rules, language.finders, language.packages) == ((), (), ())


def test_a_language_cannot_be_changed() -> None:
    language = Language(code="xx", recognizers=no_recognizers)
    with pytest.raises(dataclasses.FrozenInstanceError):
        language.code = "yy"  # type: ignore[misc]
