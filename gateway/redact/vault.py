"""The values of one request, and the placeholders and surrogates that stand for them."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from gateway.redact.placeholder import LENGTH, MAX_DIGEST_LENGTH, PATTERN, digest, placeholder
from gateway.redact.surrogates import Surrogates
from gateway.text.embedded_json import escape_ascii
from gateway.types import Allows

LITERAL = "TEXT"
"""The entity of text that only looks like a placeholder: put back, but not a secret."""

_LONG = 12
"""A surrogate of so many characters is no part of a word by chance."""


class _Matcher(NamedTuple):
    pattern: re.Pattern[str]
    prefixes: frozenset[str]


_PLAIN = _Matcher(PATTERN, frozenset())


class RequestVault:
    """Implements ``types.Vault`` for the scope of one request.

    Args:
        key: the tenant's placeholder key, 32 bytes.
        key_id: the key ring's id of it, for the record.
        texts: the request's texts, which no surrogate may stand in.

    """

    def __init__(self, key: bytes, key_id: str, texts: Sequence[str] = ()) -> None:
        self.key_id = key_id
        self._key = key
        self._replacements: dict[str, str] = {}
        self._values: dict[str, str] = {}
        self._surrogate_values: dict[str, str] = {}
        """The surrogates, and the words of names by which a reply may speak of them; each also in ASCII."""
        self._matcher: _Matcher | None = _PLAIN
        self._maker = Surrogates(key, texts)

    def __repr__(self) -> str:
        return f"RequestVault({len(self._values)} values)"

    def put(self, entity: str, value: str) -> str:
        """What stands for ``value``: one for a surface form, whatever entity it is called later."""
        known = self._replacements.get(value)
        return known if known is not None else self._hold(value, self._mint(entity, value))

    def surrogate(self, entity: str, value: str, allows: Allows) -> str | None:
        """As ``put``, with a surrogate that ``allows`` takes; ``None`` when there is none."""
        known = self._replacements.get(value)
        if known is not None:
            return known
        made = self._maker.make(entity, value, allows)
        if made is None:
            return None
        self._hold(value, made)
        for surrogate, original in ((made, value), *self._maker.parts.items()):
            self._surrogate_values[surrogate] = self._surrogate_values[escape_ascii(surrogate)] = (
                original
            )
        self._matcher = None
        return made

    @property
    def pattern(self) -> re.Pattern[str]:
        """What stand-ins look like in a text."""
        return self._current_matcher().pattern

    @property
    def prefixes(self) -> Collection[str]:
        """Every beginning of a surrogate, the whole among them."""
        return self._current_matcher().prefixes

    def get(self, replacement: str) -> str | None:
        """The value behind a stand-in that this vault minted, else ``None``."""
        return self._values.get(replacement) or self._surrogate_values.get(replacement)

    def begins(self, text: str) -> bool:
        """Whether a stand-in that this vault minted begins with ``text``."""
        return any(minted.startswith(text) for minted in self._values)

    def values(self) -> Iterator[str]:
        """Every value that must not be on the wire: all but literal look-alikes."""
        prefix = f"[{LITERAL}_"
        return (value for minted, value in self._values.items() if not minted.startswith(prefix))

    def _current_matcher(self) -> "_Matcher":
        """What stand-ins look like now: worked out once, when all of a request's are made."""
        if self._matcher is None:
            self._matcher = _matcher(self._surrogate_values)
        return self._matcher

    def _hold(self, value: str, minted: str) -> str:
        self._replacements[value] = minted
        self._values[minted] = value
        return minted

    def _mint(self, entity: str, value: str) -> str:
        digits = digest(self._key, value)
        for length in range(LENGTH, MAX_DIGEST_LENGTH + 1):
            minted = placeholder(entity, digits[:length])
            if minted not in self._values:
                return minted
        raise AssertionError("two values of one request share 65 bits of a keyed digest")


def _matcher(surrogates: Iterable[str]) -> _Matcher:
    longest_first = sorted(surrogates, key=len, reverse=True)
    return _Matcher(
        re.compile("|".join([PATTERN.pattern, *map(_word_pattern, longest_first)])),
        frozenset(one[:end] for one in longest_first for end in range(1, len(one) + 1)),
    )


def _word_pattern(surrogate: str) -> str:
    """The surrogate; a short one only where it is not part of a longer word or number."""
    if len(surrogate) >= _LONG:
        return re.escape(surrogate)
    before = r"(?<![A-Za-z0-9])" if surrogate[0].isascii() and surrogate[0].isalnum() else ""
    after = r"(?![A-Za-z0-9])" if surrogate[-1].isascii() and surrogate[-1].isalnum() else ""
    return f"{before}{re.escape(surrogate)}{after}"
