"""Names in parts: "Kenji Tanaka", found once, makes "Tanaka" and "Mr. Tanaka" his wherever they stand."""

import re
from collections.abc import Iterator
from typing import Final

from gateway.text.fold import fold
from gateway.text.occurrences import COMMON_WORDS

_PARTS: Final = re.compile(r"[^ \t\n\u3000・,]+")
_LETTERS: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_LATIN: Final = re.compile(r"[A-Za-zÀ-ɏ]")
_TITLES: Final = frozenset(
    "mr mrs ms miss mx dr prof professor sir dame lord lady rev fr sr jr phd md esq von van der den del della bin ibn".split()
)
_MIN_LATIN_LENGTH: Final = 4
_MIN_OTHER_LENGTH: Final = 2
_MAX_PARTS: Final = 4


def name_parts(name: str) -> Iterator[str]:
    """The parts of a person's name that stand for the person by themselves.

    Titles, particles, initials, short parts and English words that are also names do not. A name without a
    gap has no parts.
    """
    parts = _PARTS.findall(name)
    if not 1 < len(parts) <= _MAX_PARTS:
        return
    for part in parts:
        read = fold(part).text.rstrip(".")
        if _LETTERS.fullmatch(read) and _stands_alone(read):
            yield part.rstrip(".")


def _stands_alone(part: str) -> bool:
    if not _LATIN.search(part):
        return len(part) >= _MIN_OTHER_LENGTH
    lowered = part.lower()
    if len(part) < _MIN_LATIN_LENGTH or not part[0].isupper():
        return False
    return lowered not in _TITLES and lowered not in COMMON_WORDS
