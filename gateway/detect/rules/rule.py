"""Tier 0 in tables: a rule is a pattern, what must hold besides, and what it then means.

Rules read folded text (``gateway.text.fold``): width, hyphens and invisible characters are dealt with
before. So that a streamed reply can be scanned piece by piece (``segmenter``), every rule keeps to
these bounds:

- a match holds no line break (private key blocks aside), and begins with a word that has a digit, a
  symbol or more than ``PLAIN_LETTERS`` letters, or stands after a word that announces a secret;
- after a space inside a match comes again such a word, or one to four capital letters;
- kana and kanji are in no match but an address, which begins with the name of a prefecture;
- context stands before a match, at most ``CONTEXT_REACH`` characters away.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.detect.base import Span
from gateway.text.fold import caseless

PLAIN_LETTERS: Final = 15
"""A word of letters that is longer may be a credential."""

CONTEXT_REACH: Final = 48
"""How far before a match context counts, in characters of folded text."""

_DIGIT: Final = re.compile("[0-9]")
_NUMBER: Final = re.compile(r"[+(0-9][0-9 ().+x\-]{5,}")
_BEFORE: Final = 2
_BEYOND: Final = 4
"""How many characters before a number, and after it, patterns of numbers look at."""


@dataclass(frozen=True, slots=True)
class PreparedText:
    """A folded text with what all rules want to know of it, computed once."""

    text: str
    lowered: str
    has_digit: bool
    numbers: Sequence[tuple[int, int]]
    """Where long numbers may be: digits and what people write between them, six characters or more."""
    key: str

    @classmethod
    def of(cls, text: str, key: str) -> "PreparedText":
        has_digit = _DIGIT.search(text) is not None
        numbers = [match.span() for match in _NUMBER.finditer(text)] if has_digit else ()
        return cls(text, caseless(text), has_digit, numbers, key.lower())

    def matches(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """What a pattern of long numbers finds in the text; patterns are slow over words, so it sees numbers alone."""
        for start, end in self.numbers:
            yield from pattern.finditer(self.text, max(0, start - _BEFORE), end + _BEYOND)

    def contains_any(self, literals: tuple[str, ...]) -> bool:
        """Whether the text or the key has any of these: far cheaper than a regular expression."""
        lowered, key = self.lowered, self.key
        for literal in literals:  # noqa: SIM110  # any() would take a generator, which costs more than the search
            if literal in lowered or (key and literal in key):
                return True
        return False

    def has_context(self, context: re.Pattern[str], start: int) -> bool:
        """Whether a context word stands shortly before ``start``, or in the object key."""
        if context.search(self.lowered, max(0, start - CONTEXT_REACH), start):
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
    numeric: bool = False
    """Whether a match is a number of six characters or more, two letters before and after it at most."""
    check: Callable[[str], bool] | None = None
    context: re.Pattern[str] | None = None

    def may_match(self, prepared: PreparedText) -> bool:
        """Whether the pattern is worth running at all: most are not."""
        if (self.digits and not prepared.has_digit) or (self.numeric and not prepared.numbers):
            return False
        return not self.literals or prepared.contains_any(self.literals)

    def find(self, prepared: PreparedText) -> Iterator[Span]:
        if not self.may_match(prepared):
            return
        for match in self._matches(prepared):
            if self.check is not None and not self.check(strip_separators(match[0])):
                continue
            if self.context is not None and not prepared.has_context(self.context, match.start()):
                continue
            yield self.span(match.start(), match.end())

    def _matches(self, prepared: PreparedText) -> Iterator[re.Match[str]]:
        return (
            prepared.matches(self.pattern) if self.numeric else self.pattern.finditer(prepared.text)
        )

    def span(self, start: int, end: int) -> Span:
        return Span(start=start, end=end, entity=self.entity, score=self.score, detector=self.name)


_SEPARATORS: Final = {ord(c): None for c in " -.()/"}


def strip_separators(value: str) -> str:
    """A value without the separators that people write into numbers."""
    return value.translate(_SEPARATORS)


def context_pattern(*alternatives: str) -> re.Pattern[str]:
    """A context pattern: any of these (lower-case) regular expressions, not inside a Latin word."""
    return re.compile(rf"(?<![a-z])(?:{'|'.join(alternatives)})")


def found(rules: Iterable[Rule], prepared: PreparedText) -> list[Span]:
    """Everything that a table finds; spans may overlap."""
    return [span for rule in rules if rule.may_match(prepared) for span in rule.find(prepared)]
