"""English: names after a salutation or title, street addresses, and the networks for names in Latin script.

Its identifiers (US_SSN) are in ``rules/identifiers``, with those of no single country.
"""

from typing import TYPE_CHECKING, Final

from gateway.detect.rules.language import Language

if TYPE_CHECKING:
    from presidio_analyzer import EntityRecognizer


def _recognizers(language: str) -> "list[EntityRecognizer]":
    # Imported here: the gateway's own process imports this module and must not load Presidio.
    from gateway.detect.rules.en.addresses import (  # noqa: PLC0415
        AddressRecognizer,
    )
    from gateway.detect.rules.en.names import (  # noqa: PLC0415
        AnnouncedNameRecognizer,
    )

    return [AnnouncedNameRecognizer(language), AddressRecognizer(language)]


ENGLISH: Final = Language(
    code="en",
    recognizers=_recognizers,
    networks=True,
)
