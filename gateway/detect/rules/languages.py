"""The languages that detection supports, one row each.

A language is a folder beside this file, with its object in ``language.py``. ``docs/detection.md`` lists the steps
of adding one.
"""

from collections.abc import Sequence
from typing import Final

from gateway.detect.rules.en.language import ENGLISH
from gateway.detect.rules.ja.language import JAPANESE
from gateway.detect.rules.language import Language

LANGUAGES: Final[dict[str, Language]] = {
    language.code: language
    for language in (
        ENGLISH,
        JAPANESE,
    )
}
"""By code. The setting ``detect.languages`` accepts these codes; a test compares the two."""


def language_of(text: str, codes: Sequence[str]) -> str:
    """The language whose recognisers analyse a text: the one whose script occurs in it, or else the first.

    Args:
        text: folded text.
        codes: the configured languages, at least one.
    """
    for code in codes:
        script = LANGUAGES[code].script
        if script is not None and script.search(text):
            return code
    return codes[0]


def use_networks(codes: Sequence[str]) -> bool:
    """Whether any of these languages needs the networks for names in Latin script."""
    return any(LANGUAGES[code].networks for code in codes)
