"""The text in pieces that a network or a tokenizer reads at once."""

import re
from collections.abc import Iterator
from typing import Final

JAPANESE: Final = re.compile("[぀-ヿ一-鿿㐀-䶿豈-﫿々〆]")
_LATIN_RUN: Final = re.compile("[^、。「」『』・぀-ヿ一-鿿㐀-䶿豈-﫿々〆]+")
_NAME_LIKE: Final = re.compile(r"[A-Z][a-z]+")
_BREAK: Final = re.compile(r"\n|[.!?] |[ 、。]")
_WINDOW: Final = 10_000


def windows(text: str, size: int = _WINDOW) -> Iterator[tuple[int, str]]:
    """The text in pieces of at most ``size`` characters, cut where a sentence or a word ends."""
    start = 0
    while len(text) - start > size:
        cut = start + size
        for match in _BREAK.finditer(text, start + size * 3 // 4, cut):
            cut = match.end()
        yield start, text[start:cut]
        start = cut
    yield start, text[start:]


def latin_windows(text: str) -> Iterator[tuple[int, str]]:
    """The windows of what is not Japanese: of Japanese text, the Latin runs that may hold a name."""
    if text.isascii() or JAPANESE.search(text) is None:
        yield from windows(text)
        return
    if _NAME_LIKE.search(text) is None:
        return
    for run in _LATIN_RUN.finditer(text):
        if _NAME_LIKE.search(run[0]):
            yield from ((run.start() + start, piece) for start, piece in windows(run[0]))
