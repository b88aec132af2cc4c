"""Puts the caller's own values back into a reply, piece by piece and at any split.

Restoration uses the vault alone: only placeholders and surrogates minted for this request, never a guess. A
placeholder cut by the end of the text is dropped and counted.

A value is never put where a renderer or a reader's click would send it away (the EchoLeak family,
CVE-2025-32711): the target of a Markdown image, an HTML attribute, and any URL whose host the request did not
hold. There the placeholder stays.
"""

import re
from collections.abc import Collection, Iterable

from gateway.redact.placeholder import ALPHABET, MAX_LENGTH
from gateway.redact.surrogates import MAX_LENGTH as LONGEST_SURROGATE
from gateway.text.embedded_json import escape as escape_json
from gateway.types import Vault

_PREFIX = re.compile(rf"\[(?:[A-Z][A-Z_]*(?:_[{ALPHABET}]*)?)?")
_URL = re.compile(r"(?:https?:)?[/\\]{2}[^\s<>\"'`)\]]+", re.IGNORECASE)
_TAIL = 4096
"""How much of the text before a placeholder is looked at to see whether it is inside a target."""
_TARGET = re.compile(r"\]\(\s*(?:<([^<>\n]*)|([^\s)<>]*))$")
_DEFINITION = re.compile(r"(?:^|\n) {0,3}\[[^\]\n]+\]:\s*<?\S*$")
_ATTRIBUTE = re.compile(r"<[a-zA-Z][^<>]*\s[a-zA-Z-]+\s*=\s*(?:\"[^\"]*|'[^']*|[^\s<>\"']*)$")
_BARE = re.compile(r"((?:(?:[a-zA-Z][a-zA-Z0-9+.-]*:)?[/\\]{2}|www\.)[^\s<>\"'`]*)$")
_ENDS_BARE = " \n<>\"'`"
"""Some of what ends a bare URL: it is looked for behind the last of these alone, not in all of the tail."""
_AUTHORITY = r"(?:https?:)?//([A-Za-z0-9.-]+)(?::[0-9]+)?"
_HOST_OF_PATH = re.compile(_AUTHORITY + r"[/?#]", re.IGNORECASE)
_HOST = re.compile(_AUTHORITY + r"(?:[/?#]|$)", re.IGNORECASE)


class Restorer:
    """Restores one channel of a reply; no I/O.

    Args:
        vault: the request's values.
        escape: the text is JSON (tool arguments): values are escaped to stand inside a string.
        hosts: hosts that the request's text held; ``None`` where links have no meaning (arguments).

    Attributes:
        restored: placeholders and surrogates replaced by their values.
        unrestored: placeholder-shaped text that was left, or cut at the end.
    """

    def __init__(self, vault: Vault, *, escape: bool, hosts: frozenset[str] | None) -> None:
        self.restored = 0
        self.unrestored = 0
        self._vault = vault
        self._escape = escape
        self._hosts = hosts
        self._held = ""
        self._before = ""
        self._tail = ""

    def feed(self, text: str) -> str:
        """What can be shown now; what may be the beginning of a stand-in is held.

        That is at most 40 characters, or the length of the longest surrogate and the character after it.
        """
        if not self._held and "[" not in text and not self._vault.prefixes:
            return self._emit(text)
        return self._take(text, final=False)

    def flush(self) -> str:
        """The end of the text: a placeholder that was cut is dropped, other held text is shown."""
        emitted = self._take("", final=True)
        held, self._held = self._held, ""
        if len(held) > 1 and self._vault.begins(held):
            self.unrestored += 1
            return emitted
        return emitted + self._emit(held)

    def _take(self, text: str, *, final: bool) -> str:
        """Restore what is whole, and hold what may still become a stand-in."""
        text = self._before + self._held + text
        pieces: list[str] = []
        position = len(self._before)
        while True:
            cut = self._cut(text, position, final=final)
            match = self._vault.pattern.search(text, position)
            if match is None or match.start() >= cut:
                break
            pieces.append(self._emit(text[position : match.start()]))
            pieces.append(self._emit(self._value(match[0])))
            position = match.end()
        pieces.append(self._emit(text[position:cut]))
        self._before, self._held = text[max(cut - 1, 0) : cut], text[cut:]
        return "".join(pieces)

    def _cut(self, text: str, position: int, *, final: bool) -> int:
        """Where held text begins, at or after ``position``: the end of the text, when nothing is held."""
        bracket = _possible_prefix(text, position)
        if final or not self._vault.prefixes:
            return bracket
        return min(bracket, _possible_surrogate(text, position, self._vault.prefixes))

    def _value(self, replacement: str) -> str:
        value = self._vault.get(replacement)
        if value is None or (self._hosts is not None and self._in_link_target()):
            self.unrestored += 1
            return replacement
        self.restored += 1
        return escape_json(value) if self._escape else value

    def _emit(self, text: str) -> str:
        if self._hosts is not None and text:
            self._tail = (self._tail + text)[-_TAIL:]
        return text

    def _in_link_target(self) -> bool:
        """Whether the text so far ends inside a target to which no value may go."""
        tail = self._tail
        if _ATTRIBUTE.search(tail) or ("]:" in tail and _DEFINITION.search(tail)):
            return True
        if target := _TARGET.search(tail):
            line = tail[tail.rfind("\n", 0, target.start()) + 1 : target.start()]
            return "![" in line or not self._is_request_host(target[1] or target[2])
        bare = _BARE.search(tail, max(map(tail.rfind, _ENDS_BARE)) + 1)
        return bare is not None and not self._is_request_host(bare[1])

    def _is_request_host(self, url: str) -> bool:
        """Whether the request held the host; one that more text could still change is not known."""
        host = _host(_HOST_OF_PATH, url)
        return host is not None and self._hosts is not None and host in self._hosts


def hosts_in(texts: Iterable[str]) -> frozenset[str]:
    """The hosts of the URLs that stand in the texts, lower-case."""
    urls = (match[0] for text in texts if "/" in text for match in _URL.finditer(text))
    found = (_host(_HOST, url) for url in urls)
    return frozenset(host for host in found if host is not None)


def _host(pattern: re.Pattern[str], url: str) -> str | None:
    """The host of a URL that is written plainly; ``None`` when unsure.

    Backslashes, user information and percent signs are read differently by different renderers, so a URL that
    has them before its path is nobody's.
    """
    matched = pattern.match(url)
    return None if matched is None else matched[1].lower().rstrip(".")


def _possible_prefix(text: str, position: int) -> int:
    """Where held text begins: the last ``[`` that may still become a placeholder, else the end."""
    start = text.rfind("[", max(position, len(text) - MAX_LENGTH))
    if start < 0:
        return len(text)
    return start if _PREFIX.fullmatch(text, start) else len(text)


def _possible_surrogate(text: str, position: int, prefixes: Collection[str]) -> int:
    """Where the first end of the text begins that a surrogate begins with, or is; else the end.

    A whole one is held as well: what comes next may make it part of a longer word, or of a longer surrogate.
    """
    nearest = max(position, len(text) - LONGEST_SURROGATE)
    return next((at for at in range(nearest, len(text)) if text[at:] in prefixes), len(text))
