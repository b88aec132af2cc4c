"""Names after a salutation, a title or a label."""

import pytest

from gateway.detect.engine.nlp import Artifacts
from gateway.detect.rules.en.names import AnnouncedNameRecognizer


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Dear Kenji Tanaka, we wrote", "Kenji Tanaka"),
        ("Dear Mr. Tanaka,", "Tanaka"),
        ("ask Dr. O'Neill-Smith now", "O'Neill-Smith"),
        ("Hello, my name is Aiko and", "Aiko"),
        ("Name: Zoë Ångström", "Zoë Ångström"),
        ("Dear Sir or Madam,", None),
        ("Dear Valued Customer", None),
        ("Dear all", None),
        ("the drive is full", None),
    ],
)
def test_names_after_a_salutation_or_label(text: str, name: str | None) -> None:
    found = AnnouncedNameRecognizer("en").analyze(text, ["PERSON"], Artifacts.__new__(Artifacts))
    assert [text[result.start : result.end] for result in found] == ([] if name is None else [name])
