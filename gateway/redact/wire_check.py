"""The wire check: no value of the vault may occur in the bytes that are about to be sent.

It makes a defect in masking a refusal instead of a leak.
"""

import re
from collections.abc import Iterator

from gateway.errors import RedactionFailed
from gateway.text.occurrences import Occurrences
from gateway.types import Vault

_MAX_ESCAPES = 2
"""A JSON string may hold JSON (tool arguments), in which everything is escaped twice."""
_ESCAPE = re.compile(r'\\(u[0-9a-fA-F]{4}|["\\/bfnrt])')
_PLAIN = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def check(vault: Vault, body: bytes) -> None:
    """Refuse a body that holds any value of the vault: raw, JSON-escaped, or escaped twice.

    The search follows ``text.occurrences``, as masking does.

    Raises:
        RedactionFailed: the body holds a value and must not be sent.
    """
    wanted = Occurrences(vault.values())
    if wanted and wanted.find(list(_spellings(body.decode("utf-8", "replace")))):
        raise RedactionFailed(
            "A value that should have been redacted was still in the request, so nothing was sent. "
            "Please report this with the request id."
        )


def _spellings(text: str) -> Iterator[str]:
    yield text
    for _ in range(_MAX_ESCAPES):
        if "\\" not in text:
            return
        text = _ESCAPE.sub(_unescape, text)
        yield text


def _unescape(match: re.Match[str]) -> str:
    code = match[1]
    return chr(int(code[1:], 16)) if code[0] == "u" else _PLAIN[code]
