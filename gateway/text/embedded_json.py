"""JSON inside a string, as in tool arguments: its literals, read and replaced without serialising it again."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal as Choice

import orjson

# Only for text that a parser accepted: then a quote or digit outside of a string always begins a literal.
_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"|-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?', re.DOTALL)
_COLON = re.compile(r"\s*:")
# A surrogate pair first: its two escapes are one character.
_ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """A string (with its quotes), number or key at ``start:end`` of the raw JSON text."""

    start: int
    end: int
    kind: Choice["string", "number", "key"]
    key: str
    """The nearest object key before it: context for rules such as ``"password": …``."""


def literals(raw: str) -> list[Literal] | None:
    """The literals of a JSON document (RFC 8259) in order, or ``None`` if ``raw`` is not one."""
    try:
        orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    found: list[Literal] = []
    key = ""
    for match in _LITERAL.finditer(raw):
        start, end = match.span()
        if raw[start] != '"':
            found.append(Literal(start=start, end=end, kind="number", key=key))
        elif _COLON.match(raw, end):
            key = unescape(raw, start + 1, end - 1)[0]
            found.append(Literal(start=start, end=end, kind="key", key=key))
        else:
            found.append(Literal(start=start, end=end, kind="string", key=key))
    return found


def unescape(raw: str, start: int, end: int) -> tuple[str, Sequence[int]]:
    """The unescaped text of ``raw[start:end]`` (inside the quotes), and the offsets of its characters.

    The offsets have one entry more than the text: ``offsets[i]`` is where character ``i`` begins in ``raw``.
    """
    if raw.find("\\", start, end) < 0:
        return raw[start:end], range(start, end + 1)
    text: list[str] = []
    offsets: list[int] = []
    position = start
    while position < end:
        escape = _ESCAPE.match(raw, position, end)
        spelled = escape[0] if escape else raw[position]
        text.append(orjson.loads(f'"{spelled}"') if escape else spelled)
        offsets.append(position)
        position += len(spelled)
    return "".join(text), [*offsets, end]


def escape(value: str) -> str:
    """``value`` escaped for the inside of a JSON string; only what must be is escaped, so other scripts stay readable."""
    return orjson.dumps(value).decode()[1:-1]


def escape_ascii(value: str) -> str:
    """``value`` escaped to ASCII, as many libraries write JSON."""
    return json.dumps(value)[1:-1]
