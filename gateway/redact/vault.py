"""The values of one request, and the placeholders and surrogates that replace them."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Final, NamedTuple

from gateway.redact.placeholder import PATTERN, mint
from gateway.redact.surrogates import Surrogates
from gateway.text.embedded_json import escape_ascii
from gateway.text.request_text import RequestText
from gateway.types import Allows

LITERAL: Final = "TEXT"
"""The entity of placeholder-like text of the caller: restored, but not sensitive."""

_NO_TEXT: Final = RequestText(())
_LONG: Final = 12
"""A surrogate of this length does not occur within a longer word by chance."""
_BRACKETED: Final = re.compile(r"\[[A-Z][A-Z0-9_]*(?:[_#][0-9a-z]+)?\]")
"""The form of placeholders, masks and hashes."""
_CUT: Final = "\0"
"""In place of a replacement: a character of no kind, so that what is next to it has a boundary."""


class _Matcher(NamedTuple):
    pattern: re.Pattern[str]
    prefixes: frozenset[str]


_PLAIN = _Matcher(PATTERN, frozenset())


class RequestVault:
    """Implements ``types.Vault`` for the scope of one request.

    Args:
        key: the tenant's placeholder key, 32 bytes.
        key_id: the id of that key in the key ring, for the audit record.
        text: the request's text, in which no surrogate may occur.
    """

    def __init__(self, key: bytes, key_id: str, text: RequestText = _NO_TEXT) -> None:
        self.key_id = key_id
        self._key = key
        self._replacements: dict[str, str] = {}
        self._values: dict[str, str] = {}
        self._entities: dict[str, set[str]] = {}
        self._irreversible: set[str] = set()
        self._surrogate_values: dict[str, str] = {}
        """Values by surrogate, and by the words of persons' surrogates, which a reply may use alone; each also with JSON escapes."""
        self._matcher: _Matcher | None = _PLAIN
        self._maker = Surrogates(key, text)

    def __repr__(self) -> str:
        return f"RequestVault({len(self._values)} values)"

    def put(self, entity: str, value: str) -> str:
        """The replacement of ``value``. A surface form has one, even when it is found again as another entity."""
        self._entities.setdefault(value, set()).add(entity)
        known = self._replacements.get(value)
        if known is not None:
            return known
        return self._hold(value, mint(self._key, entity, value, self._values))

    def surrogate(self, entity: str, value: str, allows: Allows) -> str | None:
        """As ``put``, with a surrogate that ``allows`` accepts; ``None`` when there is none."""
        known = self._replacements.get(value)
        if known is not None:
            self._entities[value].add(entity)
            return known
        made = self._maker.make(entity, value, allows)
        if made is None:
            return None
        self._entities.setdefault(value, set()).add(entity)
        self._hold(value, made)
        for surrogate, original in ((made, value), *self._maker.parts.items()):
            self._surrogate_values[surrogate] = self._surrogate_values[escape_ascii(surrogate)] = (
                original
            )
        self._matcher = None
        return made

    @property
    def pattern(self) -> re.Pattern[str]:
        """Matches placeholder-like text, and the surrogates of this request."""
        return self._current_matcher().pattern

    @property
    def prefixes(self) -> Collection[str]:
        """Every beginning of a surrogate, whole surrogates included."""
        return self._current_matcher().prefixes

    def get(self, replacement: str) -> str | None:
        """The value of a replacement that this vault minted, else ``None``."""
        return self._values.get(replacement) or self._surrogate_values.get(replacement)

    def begins(self, text: str) -> bool:
        """Whether a replacement that this vault minted begins with ``text``."""
        return any(minted.startswith(text) for minted in self._values)

    def irreversible(self, made: str) -> str:
        """Remember a mask or a hash: it is not restored, and like a placeholder it holds no text of the caller."""
        self._irreversible.add(made)
        return made

    def entities(self) -> Mapping[str, Collection[str]]:
        """Every value that must not be sent (all except placeholder-like text), and as what it was found."""
        found = ((value, entities - {LITERAL}) for value, entities in self._entities.items())
        return {value: entities for value, entities in found if entities}

    def without_replacements(self, text: str) -> str:
        """The text with NUL for each replacement that was made here, so that the rest is the caller's."""
        if "[" in text:
            text = _BRACKETED.sub(self._cut_bracketed, text)
        if not self._surrogate_values:
            return text
        return self.pattern.sub(lambda m: m[0] if self.get(m[0]) is None else _CUT, text)

    def _cut_bracketed(self, match: re.Match[str]) -> str:
        made = match[0]
        return _CUT if made in self._values or made in self._irreversible else made

    def _current_matcher(self) -> "_Matcher":
        """The pattern and prefixes, rebuilt after a surrogate was added: in effect once, when the reply begins."""
        if self._matcher is None:
            self._matcher = _matcher(self._surrogate_values)
        return self._matcher

    def _hold(self, value: str, minted: str) -> str:
        self._replacements[value] = minted
        self._values[minted] = value
        return minted


def _matcher(surrogates: Iterable[str]) -> _Matcher:
    # ``re`` takes the first alternative that matches, so a longer surrogate goes before its own beginning.
    longest_first = sorted(surrogates, key=len, reverse=True)
    return _Matcher(
        re.compile("|".join([PATTERN.pattern, *map(_word_pattern, longest_first)])),
        frozenset(one[:end] for one in longest_first for end in range(1, len(one) + 1)),
    )


def _word_pattern(surrogate: str) -> str:
    """The surrogate; a short one only where it is not part of a longer word or number.

    Only ASCII letters and digits count: Japanese text has no spaces between words.
    """
    if len(surrogate) >= _LONG:
        return re.escape(surrogate)
    before = r"(?<![A-Za-z0-9])" if surrogate[0].isascii() and surrogate[0].isalnum() else ""
    after = r"(?![A-Za-z0-9])" if surrogate[-1].isascii() and surrogate[-1].isalnum() else ""
    return f"{before}{re.escape(surrogate)}{after}"
