"""What targets read from the bytes of the fuzzer."""

from itertools import pairwise
from typing import Any

LONGEST = 4_000
"""Characters of a text."""
MOST_CUTS = 6


def text(given: Any, most: int = LONGEST) -> str:
    """A text. Half of the inputs are bytes read as UTF-8, so that a corpus of seeds is text."""
    if given.ConsumeBool():
        raw: bytes = given.ConsumeBytes(most)
        return raw.decode(errors="replace")
    made: str = given.ConsumeUnicodeNoSurrogates(most)
    return made


def cuts(given: Any) -> list[int]:
    """Where a text is cut into pieces."""
    return [
        given.ConsumeIntInRange(0, LONGEST) for _ in range(given.ConsumeIntInRange(0, MOST_CUTS))
    ]


def pieces(whole: str, places: list[int]) -> list[str]:
    """The text cut at these places."""
    edges = [0, *sorted(place % (len(whole) + 1) for place in places), len(whole)]
    return [whole[start:end] for start, end in pairwise(edges)]
