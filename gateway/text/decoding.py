r"""Decoded views of a text: its escapes and encodings undone, with a way back to the original offsets.

A value written as ``taro%40example.com``, ``&#116;aro@…``, ``\u0074aro@…``, in base64, in hexadecimal, in kanji numerals
or with spaces between its digits is the same value. Each view is a text of its own. A finding in decoded base64 or
hexadecimal covers the whole encoded run, since part of it can't be replaced.

Cost is bounded: a view is never longer than the text it was decoded from, and at most ``DEPTH`` encodings are undone.
"""

import base64
import binascii
import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_to_bytes

DEPTH: Final = 3
"""Maximum number of nested encodings that are undone."""

# A pattern that begins with a set and looks behind it is searched for several times as fast as one that looks behind first
# or repeats its first set.
_LONG: Final = re.compile(
    r"[A-Za-z0-9+/_-](?:[A-Za-z0-9+/_-]{15}|(?<=[0-9A-Fa-f])[0-9A-Fa-f][ :](?:[0-9A-Fa-f]{2}[ :]){7})"
)
# Runs of percent and \x escapes are one match, since a character of UTF-8 may take several.
_ESCAPE: Final = re.compile(
    r"(?:%[0-9A-Fa-f]{2})+|&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});"
    r"|(?:\\u[0-9A-Fa-f]{4})+|(?:\\x[0-9A-Fa-f]{2})+|\\[/\\nrt\"]"
)
_PLAIN: Final = {"n": "\n", "r": "\r", "t": "\t"}
# Lines of 60 to 76 characters are MIME's and PEM's; the count of lines bounds the work.
_RUN: Final = re.compile(
    r"(?<![A-Za-z0-9+/_-])(?:[A-Za-z0-9+/]{60,76}\r?\n){0,4096}[A-Za-z0-9+/_-]{16,}={0,2}"
)
_HEX: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:0x)?(?:[0-9A-Fa-f]{2}(?:[ :][0-9A-Fa-f]{2}){7,}|(?:[0-9A-Fa-f]{2}){8,})(?![0-9A-Za-z])"
)
# Single digits with a space before each: "1 2 3 4" but not "12 34", which is how numbers are grouped anyway.
_SPACED: Final = re.compile(r"[0-9](?<![0-9].)(?: [0-9])(?: [-(]? ?[0-9]){5,40}(?![0-9])")
_NUMERALS: Final = re.compile(r"[〇一二三四五六七八九](?:[- ]?[〇一二三四五六七八九0-9]){6,40}")
_NUMERAL_DIGITS: Final = str.maketrans("〇一二三四五六七八九", "0123456789")


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedView:
    """One decoded view of a text.

    ``offsets[i]`` is the offset of character ``i`` in the text it was decoded from, with one entry more for the end;
    with ``whole``, any part of the view maps to that range.
    """

    text: str = field(repr=False)
    offsets: Sequence[int] | None = field(default=None, repr=False)
    whole: tuple[int, int] | None = None
    spaces_only: bool = False
    """Whether only white space, slashes and quotation marks were escaped: no word differs, so that only rules need the view."""
    parent: "DecodedView | None" = field(default=None, repr=False)

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """The range of the original text that ``start:end`` of this view was decoded from."""
        if self.whole is not None:
            start, end = self.whole
        elif self.offsets is not None:
            start, end = self.offsets[start], self.offsets[end]
        return (start, end) if self.parent is None else self.parent.original_span(start, end)


def decoded_views(text: str) -> list[DecodedView]:
    """Every decoded view of the text except the text itself; most texts have none.

    Args:
        text: folded text (``text.fold``).
    """
    if not _may_have(text):
        return []
    found: list[DecodedView] = []
    seen = {(text, (0, len(text)))}
    frontier = [DecodedView(text=text)]
    for _ in range(DEPTH):
        made = [child for view in frontier for child in _decode_once(view)]
        frontier = []
        # Without the check, texts that decode to each other's views would multiply at each level.
        for child in made:
            # The same value may be encoded twice: each is a view of its own.
            key = (child.text, child.original_span(0, len(child.text)))
            if key not in seen:
                seen.add(key)
                frontier.append(child)
        found += frontier
    return found


def _may_have(text: str) -> bool:
    """Whether the text may have something to decode: a cheap test, since most texts have not."""
    return (
        any(sign in text for sign in "%&\\")
        or _LONG.search(text) is not None
        or _SPACED.search(text) is not None
        or (not text.isascii() and _NUMERALS.search(text) is not None)
    )


def _decode_once(view: DecodedView) -> Iterator[DecodedView]:
    # The text itself is no parent: offsets in it are final.
    parent = view if view.parent is not None or view.offsets is not None or view.whole else None
    if _ESCAPE.search(view.text):
        yield _unescaped(view.text, parent)
    if _SPACED.search(view.text):
        yield _without_digit_spaces(view.text, parent)
    if _NUMERALS.search(view.text):
        text = _NUMERALS.sub(lambda run: run[0].translate(_NUMERAL_DIGITS), view.text)
        yield DecodedView(text=text, parent=parent)
    yield from _decoded(view.text, parent)


def _unescaped(text: str, parent: DecodedView | None) -> DecodedView:
    """The text with every escape decoded."""
    pieces: list[str] = []
    offsets: list[int] = []
    position = 0
    spaces_only = True
    for match in _ESCAPE.finditer(text):
        pieces.append(text[position : match.start()])
        offsets.extend(range(position, match.start()))
        spelled = _decode_escape(match[0])
        # Escapes of two characters are \n, \t, \", \/ and the like; every other escape is longer.
        spaces_only = spaces_only and len(match[0]) == 2
        pieces.append(spelled)
        offsets.extend(_spread(match.start(), match.end(), len(spelled)))
        position = match.end()
    pieces.append(text[position:])
    offsets.extend(range(position, len(text) + 1))
    return DecodedView(
        text="".join(pieces), offsets=offsets, spaces_only=spaces_only, parent=parent
    )


def _spread(start: int, end: int, size: int) -> list[int]:
    """The start of each of ``size`` characters that divide the range evenly: a run of escapes is decoded as one."""
    return [start + (end - start) * index // size for index in range(size)] if size else []


def _decode_escape(escape: str) -> str:
    if escape[0] == "%":
        return _text(unquote_to_bytes(escape)) or escape
    if escape[0] == "&":
        return html.unescape(escape)
    if escape[1] == "u":
        # As UTF-16, so that two escapes of a surrogate pair become one character.
        units = bytes.fromhex(escape.replace("\\u", ""))
        return units.decode("utf-16-be", "replace")
    if escape[1] == "x":
        return _text(bytes.fromhex(escape.replace("\\x", ""))) or escape
    return _PLAIN.get(escape[1], escape[1])


def _without_digit_spaces(text: str, parent: DecodedView | None) -> DecodedView:
    """The text without the spaces in runs of spaced digits."""
    retained: list[int] = []
    position = 0
    for match in _SPACED.finditer(text):
        retained.extend(range(position, match.start()))
        retained.extend(i for i in range(match.start(), match.end()) if text[i] != " ")
        position = match.end()
    retained.extend(range(position, len(text)))
    # A run ends with a digit, so a finding that ends with the run does not reach into what follows it.
    offsets = [*retained, len(text)]
    return DecodedView(text="".join(text[i] for i in retained), offsets=offsets, parent=parent)


def _decoded(text: str, parent: DecodedView | None) -> Iterator[DecodedView]:
    """The decoded text of each run of base64 (RFC 4648, both alphabets) or hexadecimal that is text."""
    for match in _RUN.finditer(text):
        decoded = _base64(match[0])
        if decoded:
            yield DecodedView(text=decoded, whole=match.span(), parent=parent)
    for match in _HEX.finditer(text):
        digits = match[0].removeprefix("0x").replace(" ", "").replace(":", "")
        decoded = _text(bytes.fromhex(digits))
        if decoded:
            yield DecodedView(text=decoded, whole=match.span(), parent=parent)


def _base64(run: str) -> str:
    characters = "".join(run.split()).rstrip("=").replace("-", "+").replace("_", "/")
    try:
        # A truncated run is decoded as far as possible: one character over a multiple of four holds no byte.
        cut = characters[: len(characters) - (len(characters) % 4 == 1)]
        return _text(base64.b64decode(cut + "=" * (-len(cut) % 4), validate=True))
    except (binascii.Error, ValueError):
        return ""


def _text(data: bytes) -> str:
    """The bytes as UTF-8 text, or the empty string if they are not readable text."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return ""
    readable = all(c.isprintable() or c in "\t\n\r" for c in text)
    return text if readable else ""
