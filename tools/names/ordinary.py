"""Ordinary words, alone and as titles: what stands where a name could, and is none."""

import random
from collections.abc import Collection
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

_TITLES: Final = (
    "{A} {N}", "{A} {N}", "The {A} {N}", "The {N} of a {N}", "{N} of the {N}", "{N} and {N}", "{N}", "The {N}", "{A} {A} {N}",
    "{N} {N}", "My {A} {N}", "No {N} for the {N}", "{V} the {N}", "{V} Me {A}", "{N} {N} {N}", "The {A} {N} {N}",
)  # fmt: skip


class Ordinary:
    """Nouns, adjectives and verbs of the package wonderwords (MIT).

    Args:
        rng: where chance comes from.
        names: words that are left out, as they are names.
    """

    def __init__(self, rng: random.Random, names: Collection[str]) -> None:
        self._rng = rng
        self._nouns, self._adjectives, self._verbs = (
            [word for word in _words(kind) if word.capitalize() not in names]
            for kind in ("noun", "adjective", "verb")
        )

    def noun(self) -> str:
        return self._rng.choice(self._nouns)

    def adjective(self) -> str:
        return self._rng.choice(self._adjectives)

    def verb(self) -> str:
        return self._rng.choice(self._verbs)

    def title(self) -> str:
        """What a film, a song, a book or a column could be called."""
        form = self._rng.choice(_TITLES)
        for mark, word in (("{N}", self.noun), ("{A}", self.adjective), ("{V}", self.verb)):
            while mark in form:
                form = form.replace(mark, word().title(), 1)
        return form


def _words(kind: str) -> list[str]:
    package = distribution("wonderwords")
    path = Path(str(package.locate_file(f"wonderwords/assets/{kind}list.txt")))
    return sorted(word for word in path.read_text(encoding="utf-8").split() if word.isalpha())
