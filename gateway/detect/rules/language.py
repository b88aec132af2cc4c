"""What detection has to know of one language. The supported ones are in ``languages``."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from gateway.detect.rules.rule import Finder, Rule

if TYPE_CHECKING:
    from presidio_analyzer import EntityRecognizer

RecognizerFactory: TypeAlias = "Callable[[str], list[EntityRecognizer]]"
"""Makes a language's recognisers, given the code of the language that they are registered for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language and everything that detection does differently for it.

    ``rules`` and ``finders`` are part of the deterministic rules: they run on every text, in every process, whatever
    languages are configured. The gateway's own process imports these objects for them, so ``recognizers`` must not
    import Presidio, a dictionary or a model before it is called.
    """

    code: str
    """ISO 639-1, as in the setting ``detect.languages``."""
    recognizers: RecognizerFactory
    """Called in detector processes, and only where the language is configured."""
    script: re.Pattern[str] | None = None
    """Finds a character that only this language's texts have.

    ``None`` for a language in Latin script. Its texts can't be recognised by their characters, so its recognisers
    read the texts of every configured language.
    """
    rules: tuple[Rule, ...] = ()
    finders: tuple[Finder, ...] = ()
    entities: frozenset[str] = frozenset()
    """What ``finders`` can name; a rule states its own entity."""
    networks: bool = False
    """Whether the shipped networks for names in Latin script are loaded for it."""
    packages: tuple[str, ...] = ()
    """Distributions whose version decides what is found: part of the detectors' revision."""
