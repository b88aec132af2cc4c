"""JSON inside a string, as in tool arguments: its literals, read and replaced without serialising it again."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal as Choice
from typing import TypeAlias

import orjson

# Only for text that a parser accepted: then a quote or digit outside of a string always begins a literal.
_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"|-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?', re.DOTALL)
_COLON = re.compile(r"\s*:")
# A surrogate pair first: its two escapes are one character. Half a pair, and what JSON has no escape for, is text.
_ESCAPE = re.compile(
    r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})"
    r"|\\u((?![dD][89a-fA-F])[0-9a-fA-F]{4})"
    r"|\\([\"\\/bfnrt])"
)
_PLAIN = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_MAX_ESCAPES = 2
"""How many times the escapes of a text are undone: JSON in JSON is escaped twice."""


Offsets: TypeAlias = tuple[Sequence[int], ...]
"""The offsets of :func:`unescape`, of the last first: each leads from one text to the one that it was read from."""


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

    The offsets have one entry more than the text: ``offsets[i]`` is where character ``i`` begins in ``raw``. A backslash
    that begins no escape of JSON is text, so any text may be given.
    """
    if raw.find("\\", start, end) < 0:
        return raw[start:end], range(start, end + 1)
    pieces: list[str] = []
    offsets: list[int] = []
    position = start
    for match in _ESCAPE.finditer(raw, start, end):
        pieces += (raw[position : match.start()], _character(match))
        offsets.extend(range(position, match.start() + 1))
        position = match.end()
    pieces.append(raw[position:end])
    offsets.extend(range(position, end + 1))
    return "".join(pieces), offsets


def _character(escape: re.Match[str]) -> str:
    high, low, code, plain = escape.groups()
    if plain is not None:
        return _PLAIN[plain]
    if code is not None:
        return chr(int(code, 16))
    return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00)


def readings(text: str) -> Iterator[tuple[str, Offsets]]:
    r"""The text as written, and with JSON escapes undone once and twice, each with the way back to the text.

    People and tools paste JSON into prose: there ``\n`` is a line end before a name, and no letter of it.
    """
    offsets: Offsets = ()
    yield text, offsets
    for _ in range(_MAX_ESCAPES):
        plain, inner = unescape(text, 0, len(text))
        if plain == text:
            return
        text, offsets = plain, (inner, *offsets)
        yield text, offsets


def escape(value: str) -> str:
    """``value`` escaped for the inside of a JSON string; only what must be is escaped, so other scripts stay readable."""
    return orjson.dumps(value).decode()[1:-1]


def escape_ascii(value: str) -> str:
    """``value`` escaped to ASCII, as many libraries write JSON."""
    return json.dumps(value)[1:-1]
