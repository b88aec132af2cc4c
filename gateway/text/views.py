r"""Other readings of a text: what its escapes and encodings stand for, with a way back to its own offsets.

A value that is written ``taro%40example.com``, ``&#116;aro@…``, ``\u0074aro@…``, in base64, in hexadecimal, in
kanji numerals or with its digits spaced out is the same value. Each reading is a text of its own; where a part was
encoded as a whole, a finding in it covers that whole, since half of it can't be replaced.

Cost is bounded: a reading is never longer than what it was made from, and readings are made of readings ``DEPTH``
times at most.
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
"""How many encodings inside one another are undone."""

# Where few characters can begin a match, a pattern that begins with their set, and looks behind it, is searched for several
# times as fast as one that looks behind first, or repeats its first set.
_LONG: Final = re.compile(
    r"[A-Za-z0-9+/_-](?:[A-Za-z0-9+/_-]{15}|(?<=[0-9A-Fa-f])[0-9A-Fa-f][ :](?:[0-9A-Fa-f]{2}[ :]){7})"
)
_ESCAPE: Final = re.compile(
    r"(?:%[0-9A-Fa-f]{2})+|&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});"
    r"|(?:\\u[0-9A-Fa-f]{4})+|(?:\\x[0-9A-Fa-f]{2})+|\\[/\\nrt\"]"
)
_PLAIN: Final = {"n": "\n", "r": "\r", "t": "\t"}
_RUN: Final = re.compile(
    r"(?<![A-Za-z0-9+/_-])(?:[A-Za-z0-9+/]{60,76}\r?\n){0,4096}[A-Za-z0-9+/_-]{16,}={0,2}"
)
_HEX: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:0x)?(?:[0-9A-Fa-f]{2}(?:[ :][0-9A-Fa-f]{2}){7,}|(?:[0-9A-Fa-f]{2}){8,})(?![0-9A-Za-z])"
)
_SPACED: Final = re.compile(r"[0-9](?<![0-9].)(?: [0-9])(?: [-(]? ?[0-9]){5,40}(?![0-9])")
_NUMERALS: Final = re.compile(r"[〇一二三四五六七八九](?:[- ]?[〇一二三四五六七八九0-9]){6,40}")
_NUMERAL_DIGITS: Final = str.maketrans("〇一二三四五六七八九", "0123456789")


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedView:
    """One reading of a text.

    ``offsets[i]`` is where character ``i`` begins in what it was made from, with one entry more for the end;
    with ``whole``, everything in it stands for that range.
    """

    text: str = field(repr=False)
    offsets: Sequence[int] | None = field(default=None, repr=False)
    whole: tuple[int, int] | None = None
    spaces_only: bool = False
    """Whether nothing but white space and quotation marks was escaped: no word reads differently, so that
    rules need it and models do not."""
    parent: "DecodedView | None" = field(default=None, repr=False)

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """The range of the original text that ``start:end`` of this reading stands for."""
        if self.whole is not None:
            start, end = self.whole
        elif self.offsets is not None:
            start, end = self.offsets[start], self.offsets[end]
        return (start, end) if self.parent is None else self.parent.original_span(start, end)


def decoded_views(text: str) -> list[DecodedView]:
    """Every reading of the text besides the text itself; none for most texts.

    Args:
        text: folded text (``text.fold``).
    """
    if not _may_have(text):
        return []
    found: list[DecodedView] = []
    seen = {text}
    frontier = [DecodedView(text=text)]
    for _ in range(DEPTH):
        made = [child for view in frontier for child in _decode_once(view)]
        frontier = []
        for child in made:
            if child.text not in seen:
                seen.add(child.text)
                frontier.append(child)
        found += frontier
    return found


def _may_have(text: str) -> bool:
    """Whether anything in the text could be read in another way: cheap, since most texts have one reading."""
    return (
        any(sign in text for sign in "%&\\")
        or _LONG.search(text) is not None
        or _SPACED.search(text) is not None
        or (not text.isascii() and _NUMERALS.search(text) is not None)
    )


def _decode_once(view: DecodedView) -> Iterator[DecodedView]:
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
    """The text with every escape replaced by what it stands for."""
    pieces: list[str] = []
    offsets: list[int] = []
    position = 0
    spaces_only = True
    for match in _ESCAPE.finditer(text):
        pieces.append(text[position : match.start()])
        offsets.extend(range(position, match.start()))
        spelled = _decode_escape(match[0])
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
    """Where each of ``size`` characters begins, when they share the range evenly."""
    return [start + (end - start) * index // size for index in range(size)] if size else []


def _decode_escape(escape: str) -> str:
    if escape[0] == "%":
        return _text(unquote_to_bytes(escape)) or escape
    if escape[0] == "&":
        return html.unescape(escape)
    if escape[1] == "u":
        units = bytes.fromhex(escape.replace("\\u", ""))
        return units.decode("utf-16-be", "replace")
    if escape[1] == "x":
        return _text(bytes.fromhex(escape.replace("\\x", ""))) or escape
    return _PLAIN.get(escape[1], escape[1])


def _without_digit_spaces(text: str, parent: DecodedView | None) -> DecodedView:
    """The text with digits that were spaced out put together."""
    kept: list[int] = []
    position = 0
    for match in _SPACED.finditer(text):
        kept.extend(range(position, match.start()))
        kept.extend(i for i in range(match.start(), match.end()) if text[i] != " ")
        position = match.end()
    kept.extend(range(position, len(text)))
    # A match ends with its last digit, not where the next character that was kept begins.
    offsets = [*kept, len(text)]
    return DecodedView(text="".join(text[i] for i in kept), offsets=offsets, parent=parent)


def _decoded(text: str, parent: DecodedView | None) -> Iterator[DecodedView]:
    """What each run of base64 (RFC 4648, both alphabets) or hexadecimal says, when it is text."""
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
        # A run that lost its last characters is read as far as it goes.
        cut = characters[: len(characters) - (len(characters) % 4 == 1)]
        return _text(base64.b64decode(cut + "=" * (-len(cut) % 4), validate=True))
    except (binascii.Error, ValueError):
        return ""


def _text(data: bytes) -> str:
    """The bytes as text, or nothing when they are not text that people write."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return ""
    readable = all(c.isprintable() or c in "\t\n\r" for c in text)
    return text if readable else ""
