"""The wire check: no value of the vault may be in a document that is about to be sent.

It makes a defect in masking a refusal instead of a leak. It searches the texts that can be the caller's, where masking replaces
(``text.places``) and as masking searches (``text.occurrences``). The gateway's own words are not searched, and neither are the
replacements that it made: a placeholder may hold the digits of another value.
"""

from collections.abc import Iterable, Iterator

from gateway.errors import RedactionFailed
from gateway.text.embedded_json import readings
from gateway.text.occurrences import Occurrences
from gateway.text.places import may_replace
from gateway.types import Place, Vault


def check(vault: Vault, texts: Iterable[tuple[str, Place]]) -> None:
    """Refuse a document of which a text holds a value of the vault: as written, or JSON-escaped up to twice.

    Args:
        vault: of the request.
        texts: each text of the document that can be the caller's, and its place.

    Raises:
        RedactionFailed: a text holds a value, so the document must not be sent.
    """
    entities = vault.entities()
    wanted = Occurrences(entities)
    if not wanted:
        return
    read = [
        (spelled, place)
        for place, joined in _by_place(texts).items()
        for spelled in _spellings(vault, joined)
    ]
    for found in wanted.find([text for text, _ in read]):
        text, place = read[found.text]
        # By the text that is there, as in masking: it may be written in another way than the value.
        if any(
            may_replace(text[found.start : found.end], entity, place)
            for entity in entities[found.value]
        ):
            raise RedactionFailed(
                "A value that should have been redacted was still in the request, so nothing was sent. "
                "Please report this with the request id."
            )


def _by_place(texts: Iterable[tuple[str, Place]]) -> dict[Place, str]:
    """The texts of each place as one: a document may have ten thousand, and each search has a cost of its own."""
    grouped: dict[Place, list[str]] = {}
    for text, place in texts:
        grouped.setdefault(place, []).append(text)
    # NUL is of no kind and no part of a value: no match reaches from one text into the next.
    return {place: "\0".join(of_place) for place, of_place in grouped.items()}


def _spellings(vault: Vault, text: str) -> Iterator[str]:
    if "\\" not in text:
        yield vault.without_replacements(text)
        return
    for spelled, _ in readings(text):
        yield vault.without_replacements(spelled)
