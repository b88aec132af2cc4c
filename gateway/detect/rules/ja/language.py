"""Japanese: identifiers and addresses by rule; names and places by SudachiPy's dictionary."""

from typing import TYPE_CHECKING, Final

from gateway.detect.rules.ja import identifiers
from gateway.detect.rules.language import Language
from gateway.detect.windows import JAPANESE as SCRIPT

if TYPE_CHECKING:
    from presidio_analyzer import EntityRecognizer


def _recognizers(language: str) -> "list[EntityRecognizer]":
    # Imported here: SudachiPy's dictionary is large, and only detector processes that read Japanese need it.
    from gateway.detect.rules.ja.names import (  # noqa: PLC0415
        JapaneseNameRecognizer,
    )

    return [JapaneseNameRecognizer(language)]


JAPANESE: Final = Language(
    code="ja",
    recognizers=_recognizers,
    script=SCRIPT,
    rules=identifiers.RULES,
    finders=(identifiers.addresses,),
    entities=frozenset({"JP_ADDRESS", "LOCATION"}),
    packages=("sudachipy", "sudachidict-core"),
)
