"""Deterministic rules as tables: a rule is a pattern, its conditions, and the entity that a match is.

Rules read folded text (``gateway.text.fold``), so they need not handle width, hyphens and invisible characters. To let
a streamed reply be scanned piece by piece (``segmenter``), every rule keeps to these bounds:

- a match has no line break (except private key blocks), and begins with a word that has a digit, a symbol or
  more than ``PLAIN_LETTERS`` letters, or follows a secret keyword ("password");
- each further word of a match is again such a word, or one to four capital letters;
- only addresses have kana and kanji in a match, and they begin with the name of a prefecture;
- context is before a match, at most ``CONTEXT_REACH`` characters away.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from gateway.detect.base import Span
from gateway.text.fold import caseless

PLAIN_LETTERS: Final = 15
"""Maximum length of a word of letters that can't be a credential."""

CONTEXT_REACH: Final = 48
"""Maximum distance of context before a match, in characters of folded text."""

_DIGIT: Final = re.compile("[0-9]")
_NUMBER: Final = re.compile(r"[+(0-9][0-9 ().+x\-]{5,}")
_BEFORE: Final = 2
_BEYOND: Final = 4
"""Characters before and after a number that number patterns read: their prefixes, look-behinds and look-aheads."""


@dataclass(frozen=True, slots=True)
class PreparedText:
    """A folded text with the properties that all rules need, computed once."""

    text: str
    lowered: str
    has_digit: bool
    numbers: Sequence[tuple[int, int]]
    """Ranges that may hold a long number: six or more digits and separators."""
    key: str

    @classmethod
    def of(cls, text: str, key: str) -> "PreparedText":
        has_digit = _DIGIT.search(text) is not None
        numbers = [match.span() for match in _NUMBER.finditer(text)] if has_digit else ()
        return cls(text, caseless(text), has_digit, numbers, key.lower())

    def matches(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """Matches of a number pattern. It runs only over ``numbers``, since such patterns are slow over words."""
        for start, end in self.numbers:
            # Look-behinds see what is before the range, but to look-aheads the text
            # ends with it: hence the margin.
            yield from pattern.finditer(self.text, max(0, start - _BEFORE), end + _BEYOND)

    def contains_any(self, literals: tuple[str, ...]) -> bool:
        """Whether the text or the key contains any of these strings: much cheaper than a regular expression."""
        lowered, key = self.lowered, self.key
        for literal in literals:  # noqa: SIM110  # any() would take a generator, which costs more than the search
            if literal in lowered or (key and literal in key):
                return True
        return False

    def has_context(self, context: re.Pattern[str], start: int) -> bool:
        """Whether a context word is shortly before ``start``, or in the object key."""
        if context.search(self.lowered, max(0, start - CONTEXT_REACH), start):
            return True
        return bool(self.key) and context.search(self.key) is not None


Finder: TypeAlias = Callable[[PreparedText], Iterable[Span]]
"""A rule in code, for what one pattern can't express: everything that it finds, in any order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of a table.

    A match counts when ``check`` accepts it without separators and, with ``context``, when a context word
    is before it. Context patterns are matched against lower-cased text.
    """

    name: str
    entity: str
    pattern: re.Pattern[str]
    score: float
    literals: tuple[str, ...] = ()
    """Lower-case strings, one of which must be in the text or key for the rule to run; empty: it always runs."""
    digits: bool = False
    """Whether the rule runs only on text with a digit."""
    numeric: bool = False
    """Whether a match is a number of six or more characters, with at most two letters before and after it."""
    check: Callable[[str], bool] | None = None
    context: re.Pattern[str] | None = None

    def may_match(self, prepared: PreparedText) -> bool:
        """Whether the pattern can match at all: on most texts, most can't."""
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


def find_all(rules: Iterable[Rule], prepared: PreparedText) -> list[Span]:
    """Everything that a table finds; spans may overlap."""
    return [span for rule in rules if rule.may_match(prepared) for span in rule.find(prepared)]
