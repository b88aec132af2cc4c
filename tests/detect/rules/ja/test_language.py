import subprocess
import sys

import pytest

from gateway.detect.rules.ja.language import JAPANESE
from gateway.detect.rules.ja.names import JapaneseNameRecognizer


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("たなか", True),
        ("タナカ", True),
        ("田中", True),
        ("Tanaka 03-1234", False),
        ("é ж α", False),
    ],
)
def test_kana_and_kanji_are_its_script(text: str, *, expected: bool) -> None:
    assert JAPANESE.script is not None
    assert (JAPANESE.script.search(text) is not None) is expected


def test_its_recogniser_is_made_for_its_language() -> None:
    (made,) = JAPANESE.recognizers(JAPANESE.code)
    assert isinstance(made, JapaneseNameRecognizer)
    assert made.supported_language == "ja"


def test_without_japanese_its_dictionary_is_not_loaded() -> None:
    script = (
        "import sys; from gateway.detect.engine.presidio import build; build(('en',));"
        " print('sudachipy' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
