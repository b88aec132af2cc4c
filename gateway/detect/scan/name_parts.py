"""Parts of names: "Kenji Tanaka", found once, makes every "Tanaka" and "Mr. Tanaka" a finding as well."""

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
    """The parts of a person's name that identify the person by themselves.

    Titles, particles, initials, short parts and English words that are also names do not. A name without a
    separator has no parts.
    """
    parts = _PARTS.findall(name)
    if not 1 < len(parts) <= _MAX_PARTS:
        return
    for part in parts:
        folded = fold(part).text.rstrip(".")
        if _LETTERS.fullmatch(folded) and _identifies(folded):
            yield part.rstrip(".")


def _identifies(part: str) -> bool:
    """Whether a part is specific enough to be searched for by itself."""
    if not _LATIN.search(part):
        return len(part) >= _MIN_OTHER_LENGTH
    lowered = part.lower()
    if len(part) < _MIN_LATIN_LENGTH or not part[0].isupper():
        return False
    return lowered not in _TITLES and lowered not in COMMON_WORDS
