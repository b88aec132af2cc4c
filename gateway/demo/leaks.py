"""Finds test values in bytes, in every encoding in which they could have leaked."""

import base64
import json
import unicodedata
from collections.abc import Iterable
from urllib.parse import quote


def leaked_values(data: bytes, values: Iterable[str]) -> list[str]:
    """Which of the values are in ``data``: raw, normalised, URL- or JSON-escaped, or in base64."""
    text = data.decode("utf-8", "replace")
    folded = _fold(text)
    digits = "".join(character for character in folded if character.isalnum())
    return [value for value in values if _seen(value, text, folded, digits)]


def _seen(value: str, text: str, folded: str, digits: str) -> bool:
    compact = "".join(character for character in _fold(value) if character.isalnum())
    return (
        any(spelling in text for spelling in _spellings(value))
        or _fold(value) in folded
        # A number may have been grouped in another way.
        or (compact.isdigit() and compact in digits)
    )


def _spellings(value: str) -> set[str]:
    raw = value.encode()
    return {
        value,
        quote(value),
        json.dumps(value)[1:-1],
        # Escaped twice, as in the arguments of a tool call.
        json.dumps(json.dumps(value))[3:-3],
        raw.hex(),
        *(
            # Base64 encodes groups of 3 bytes: the text depends on the position of the value within a group.
            base64.b64encode(b" " * shift + raw).decode()[4:-4]
            for shift in range(3)
            if len(raw) > 6
        ),
    }


def _fold(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
