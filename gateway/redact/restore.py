"""Restores the caller's own values in a reply, piece by piece and however the stream is split.

Only placeholders and surrogates that were minted for this request are restored. A placeholder that is cut by the end of the text is
dropped and counted.

A value is never restored where rendering or a click would send it to another host (EchoLeak, CVE-2025-32711, and similar attacks):
in the address of a Markdown image, in an HTML attribute, or in a URL whose host no system or user turn named. The placeholder stays there,
and wherever some reader of the reply could find such an address (``gateway.redact.markup``).
"""

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from gateway.redact.markup.addresses import LABEL, may_end_host
from gateway.redact.markup.position import Position
from gateway.redact.placeholder import ALPHABET, MAX_LENGTH
from gateway.redact.surrogates import MAX_LENGTH as MAX_SURROGATE_LENGTH
from gateway.text.embedded_json import escape as escape_json
from gateway.types import Vault

# The beginning of a placeholder, down to the bracket alone: it is held until the rest is seen.
_PREFIX = re.compile(rf"\[(?:[A-Z][A-Z_]*(?:_[{ALPHABET}]*)?)?")
_CONTINUES = re.compile(rf"(?:{LABEL}|[\w\-.+&=$,;:\"'!#%*/?^`{{|}}~@\\])+")
"""Characters after a placeholder with which it may become part of a host or of an e-mail address."""
_MAX_WAITING = 256
"""How much text may follow a placeholder before it is decided whether it is restored: more than the longest host name."""


class _Minted(NamedTuple):
    """A replacement of this request in a reply, with its value."""

    replacement: str
    value: str


class Restorer:
    """Restores one channel of a reply; no I/O.

    Args:
        vault: the request's values.
        escape: whether the text is JSON (tool arguments), so that values are escaped for use in a string.
        hosts: the hosts that the caller named; ``None`` where links have no meaning (tool arguments).

    Attributes:
        restored: placeholders and surrogates replaced by their values.
        unrestored: placeholder-like text that was left in place, or cut at the end.
    """

    def __init__(self, vault: Vault, *, escape: bool, hosts: frozenset[str] | None) -> None:
        self.restored = 0
        self.unrestored = 0
        self._vault = vault
        self._escape = escape
        # A request without values has nothing to restore: its replies are not read, and nothing may be restored later.
        has_values = vault.begins("[") or bool(vault.prefixes)
        self._position = Position(hosts) if hosts is not None and has_values else None
        self._anywhere = hosts is None
        self._held = ""
        self._before = ""
        self._waiting: list[str | _Minted] = []
        self._waiting_length = 0

    def feed(self, text: str) -> str:
        """The text that can be released now. What may be the beginning of a replacement is held.

        At most 40 characters are held, or the length of the longest surrogate and the character after it; and after a replacement,
        up to 256 characters with which it could become a host.
        """
        if not self._held and "[" not in text and not self._vault.prefixes:
            return self._emit(text)
        return self._take(text, final=False)

    def flush(self) -> str:
        """The end of the text: a placeholder that was cut is dropped, other held text is released."""
        emitted = self._take("", final=True)
        held, self._held = self._held, ""
        if len(held) > 1 and self._vault.begins(held):
            self.unrestored += 1
            held = ""
        return emitted + self._emit(held) + self._settle("")

    def _take(self, text: str, *, final: bool) -> str:
        """Restore whole replacements, and hold what may still become one."""
        # One character before the held text is kept as context for the word boundaries of surrogates.
        text = self._before + self._held + text
        pieces: list[str] = []
        position = len(self._before)
        while True:
            cut = self._cut(text, position, final=final)
            match = self._vault.pattern.search(text, position)
            if match is None or match.start() >= cut:
                break
            pieces.append(self._emit(text[position : match.start()]))
            pieces.append(self._replacement(match[0]))
            position = match.end()
        pieces.append(self._emit(text[position:cut]))
        self._before, self._held = text[max(cut - 1, 0) : cut], text[cut:]
        return "".join(pieces)

    def _cut(self, text: str, position: int, *, final: bool) -> int:
        """Where the held text begins, at or after ``position``; the end of the text when nothing is held."""
        bracket = _possible_prefix(text, position)
        if final or not self._vault.prefixes:
            return bracket
        return min(bracket, _possible_surrogate(text, position, self._vault.prefixes))

    def _replacement(self, replacement: str) -> str:
        value = self._vault.get(replacement)
        if value is None or (self._position is None and not self._anywhere):
            self.unrestored += 1
            return self._emit(replacement)
        if self._position is None:
            self.restored += 1
            return escape_json(value) if self._escape else value
        self._waiting.append(_Minted(replacement, value))
        self._waiting_length += len(replacement)
        return self._settle("") if self._waiting_length > _MAX_WAITING else ""

    def _emit(self, text: str) -> str:
        """Text that is not replaced. It may decide whether the placeholders before it are restored."""
        if not text or self._position is None:
            return text
        if not self._waiting:
            self._position.feed(text)
            return text
        continues = _CONTINUES.match(text)
        end = 0 if continues is None else continues.end()
        end = min(end, _MAX_WAITING + 1 - self._waiting_length)
        self._waiting.append(text[:end])
        self._waiting_length += end
        if end == len(text) and self._waiting_length <= _MAX_WAITING:
            return ""
        return self._settle(text[end : end + 1]) + self._emit(text[end:])

    def _settle(self, following: str) -> str:
        """What waits, each placeholder restored if it may be where it is, given the character that follows it all."""
        waiting, self._waiting = self._waiting, []
        # After too much text it is not certain what comes of it.
        sure, self._waiting_length = self._waiting_length <= _MAX_WAITING, 0
        pieces: list[str] = []
        for index, part in enumerate(waiting):
            rest = waiting[index + 1 :] if sure else None
            piece = part if isinstance(part, str) else self._decide(part, rest, following)
            if self._position is not None:
                self._position.feed(piece)
            pieces.append(piece)
        return "".join(pieces)

    def _decide(self, minted: _Minted, rest: Sequence[str | _Minted] | None, following: str) -> str:
        """The value, or the placeholder, with ``rest`` behind it; ``None`` when that is not known."""
        if rest is None or not self._allows(minted, rest, following):
            self.unrestored += 1
            return minted.replacement
        self.restored += 1
        return minted.value

    def _allows(self, minted: _Minted, rest: Sequence[str | _Minted], following: str) -> bool:
        """Whether the value may be here, whatever becomes of the placeholders behind it."""
        position = self._position
        written = {_text_of(rest, restored=restored) + following for restored in (True, False)}
        return position is not None and all(position.allows(minted.value, a) for a in written)


def _text_of(parts: Sequence[str | _Minted], *, restored: bool) -> str:
    """The text of the parts, as far as it can belong to the same host."""
    texts: list[str] = []
    room = 2 * _MAX_WAITING
    for part in parts:
        text = part if isinstance(part, str) else part.value if restored else part.replacement
        # As the end of a host a name is no top-level domain, so nobody has that host.
        if not isinstance(part, str) and not may_end_host(text):
            text = "_"
        texts.append(text[:room])
        room -= len(texts[-1])
        if room <= 0:
            break
    return "".join(texts)


def _possible_prefix(text: str, position: int) -> int:
    """The position of the last ``[`` that may still become a placeholder, else the end of the text."""
    start = text.rfind("[", max(position, len(text) - MAX_LENGTH))
    if start < 0:
        return len(text)
    return start if _PREFIX.fullmatch(text, start) else len(text)


def _possible_surrogate(text: str, position: int, prefixes: Collection[str]) -> int:
    """The first position from which the rest of the text is the beginning of a surrogate; else the end of the text.

    A whole surrogate is held as well: the next character may make it part of a longer word, or of a longer surrogate.
    """
    nearest = max(position, len(text) - MAX_SURROGATE_LENGTH)
    return next((at for at in range(nearest, len(text)) if text[at:] in prefixes), len(text))
