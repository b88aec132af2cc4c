"""Tier 0 in tables: a rule is a pattern, what must hold besides, and what it then means.

Rules read folded text (``gateway.text.fold``): width, hyphens and invisible characters are dealt with
before. So that a streamed reply can be scanned piece by piece (``segmenter``), every rule keeps to
these bounds:

- a match holds no line break (private key blocks aside), and begins with a word that has a digit, a
  symbol or more than ``PLAIN_LETTERS`` letters, or stands after a word that announces a secret;
- after a space inside a match comes again such a word, or one to four capital letters;
- kana and kanji are in no match but an address, which begins with the name of a prefecture;
- context stands before a match, at most ``REACH`` characters away.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from gateway.detect.base import Span
from gateway.text.fold import caseless

PLAIN_LETTERS: Final = 15
"""A word of letters that is longer may be a credential."""

REACH: Final = 48
"""How far before a match context counts, in characters of folded text."""

_DIGIT: Final = re.compile("[0-9]")


@dataclass(frozen=True, slots=True)
class Sight:
    """A folded text with what all rules want to know of it, computed once."""

    text: str
    lowered: str
    has_digit: bool
    key: str

    @classmethod
    def of(cls, text: str, key: str) -> "Sight":
        return cls(text, caseless(text), _DIGIT.search(text) is not None, key.lower())

    def holds(self, literals: tuple[str, ...]) -> bool:
        """Whether the text or the key has any of these: far cheaper than a regular expression."""
        lowered, key = self.lowered, self.key
        for literal in literals:  # noqa: SIM110  # any() would take a generator, which costs more than the search
            if literal in lowered or (key and literal in key):
                return True
        return False

    def told(self, context: re.Pattern[str], start: int) -> bool:
        """Whether a context word stands shortly before ``start``, or in the object key."""
        if context.search(self.lowered, max(0, start - REACH), start):
            return True
        return bool(self.key) and context.search(self.key) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of a table.

    A match counts when ``check`` accepts its bare characters and, with ``context``, when a context
    word stands before it. Context patterns are matched against lower-cased text.
    """

    name: str
    entity: str
    pattern: re.Pattern[str]
    score: float
    literals: tuple[str, ...] = ()
    """Lower-case strings of which one must be in the text or key for the rule to run; none: always."""
    digits: bool = False
    """Whether the rule runs only on text with a digit."""
    check: Callable[[str], bool] | None = None
    context: re.Pattern[str] | None = None

    def may_match(self, sight: Sight) -> bool:
        """Whether the pattern is worth running at all: most are not."""
        if self.digits and not sight.has_digit:
            return False
        return not self.literals or sight.holds(self.literals)

    def find(self, sight: Sight) -> Iterator[Span]:
        if not self.may_match(sight):
            return
        for match in self.pattern.finditer(sight.text):
            if self.check is not None and not self.check(bare(match[0])):
                continue
            if self.context is not None and not sight.told(self.context, match.start()):
                continue
            yield self.span(match.start(), match.end())

    def span(self, start: int, end: int) -> Span:
        return Span(start=start, end=end, entity=self.entity, score=self.score, detector=self.name)


_SEPARATORS: Final = {ord(c): None for c in " -.()/"}


def bare(value: str) -> str:
    """A value without the separators that people write into numbers."""
    return value.translate(_SEPARATORS)


def words(*alternatives: str) -> re.Pattern[str]:
    """A context pattern: any of these (lower-case) regular expressions, not inside a Latin word."""
    return re.compile(rf"(?<![a-z])(?:{'|'.join(alternatives)})")


def found(rules: Iterable[Rule], sight: Sight) -> list[Span]:
    """Everything that a table finds; spans may overlap."""
    return [span for rule in rules if rule.may_match(sight) for span in rule.find(sight)]
