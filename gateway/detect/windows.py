"""Splits a text into the pieces that a network or a tokenizer reads at once."""

import re
from collections.abc import Iterator
from typing import Final

# The last range begins at U+8C48, not at U+F900 (compatibility ideographs), so it includes Hangul as well.
JAPANESE: Final = re.compile("[぀-ヿ一-鿿㐀-䶿豈-﫿々〆]")
_LATIN_RUN: Final = re.compile("[^、。「」『』・぀-ヿ一-鿿㐀-䶿豈-﫿々〆]+")
_NAME_LIKE: Final = re.compile(r"[A-Z][a-z]+")
_BREAK: Final = re.compile(r"\n|[.!?] |[ 、。]")
WINDOW_SIZE: Final = 10_000
_MAX_RUN: Final = 48
# A tokenizer removes punctuation, 's and US$ from the ends of a word one at a time, and reads the rest again each time. Hyphens
# stop it. At most two letters may be between, so that each position is read a bounded number of times.
_LONG_RUN: Final = re.compile(rf"(?:[^\W_]{{0,2}}(?:[^\w\s-]|_)){{{_MAX_RUN}}}")


def windows(text: str, size: int = WINDOW_SIZE) -> Iterator[tuple[int, str]]:
    """Pieces of at most ``size`` characters and their offsets, cut where a sentence or a word ends."""
    start = 0
    while len(text) - start > size:
        # A cut through a name would hide it from the networks; the last quarter of the window almost always has a break.
        cut = start + size
        for match in _BREAK.finditer(text, start + size * 3 // 4, cut):
            cut = match.end()
        yield start, text[start:cut]
        start = cut
    yield start, text[start:]


def with_short_runs(text: str) -> str:
    """The text with a space in place of every 48th character of a run of punctuation, so that offsets hold.

    spaCy's tokenizer takes time that grows with the square of such a run; of full stops alone it makes one word.
    """
    return _LONG_RUN.sub(_shortened, text)


def _shortened(run: re.Match[str]) -> str:
    return run[0] if run[0] == "." * _MAX_RUN else f"{run[0][:-1]} "


def latin_windows(text: str) -> Iterator[tuple[int, str]]:
    """The windows of a text; of Japanese text, only the Latin runs that may hold a name.

    The networks were trained on Latin script and take kanji and kana for names.
    """
    if text.isascii() or JAPANESE.search(text) is None:
        yield from windows(text)
        return
    if _NAME_LIKE.search(text) is None:
        return
    for run in _LATIN_RUN.finditer(text):
        if _NAME_LIKE.search(run[0]):
            yield from ((run.start() + start, piece) for start, piece in windows(run[0]))
