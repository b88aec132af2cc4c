"""Restores the caller's own values in a reply, piece by piece and however the stream is split.

Only placeholders and surrogates that were minted for this request are restored. A placeholder that is cut by the end of the text is
dropped and counted.

A value is never restored where rendering or a click would send it to another host (EchoLeak, CVE-2025-32711, and similar attacks):
in the target of a Markdown image, in an HTML attribute, or in a URL whose host the request did not hold. The placeholder stays there.
"""

import re
from collections.abc import Collection, Iterable

from gateway.redact.placeholder import ALPHABET, MAX_LENGTH
from gateway.redact.surrogates import MAX_LENGTH as MAX_SURROGATE_LENGTH
from gateway.text.embedded_json import escape as escape_json
from gateway.types import Vault

# The beginning of a placeholder, down to the bracket alone: it is held until the rest is seen.
_PREFIX = re.compile(rf"\[(?:[A-Z][A-Z_]*(?:_[{ALPHABET}]*)?)?")
# Browsers read backslashes as slashes, and ``//host`` as a URL with the page's scheme.
_URL = re.compile(r"(?:https?:)?[/\\]{2}[^\s<>\"'`)\]]+", re.IGNORECASE)
_TAIL = 4096
"""How many characters before a placeholder are searched for the beginning of a link target."""
# An open target, up to the end of the text: of a Markdown link or image …
_TARGET = re.compile(r"\]\(\s*(?:<([^<>\n]*)|([^\s)<>]*))$")
# … of a reference definition …
_DEFINITION = re.compile(r"(?:^|\n) {0,3}\[[^\]\n]+\]:\s*<?\S*$")
# … the value of an HTML attribute, quoted or not …
_ATTRIBUTE = re.compile(r"<[a-zA-Z][^<>]*\s[a-zA-Z-]+\s*=\s*(?:\"[^\"]*|'[^']*|[^\s<>\"']*)$")
# … or a bare URL, which clients turn into a link.
_BARE = re.compile(r"((?:(?:[a-zA-Z][a-zA-Z0-9+.-]*:)?[/\\]{2}|www\.)[^\s<>\"'`]*)$")
_ENDS_BARE = " \n<>\"'`"
"""Characters that end a bare URL. Only the text after the last of them is searched, not the whole tail, to bound the cost."""
# A plain host name with an optional port: user information and percent signs do not match.
_AUTHORITY = r"(?:https?:)?//([A-Za-z0-9.-]+)(?::[0-9]+)?"
_HOST_OF_PATH = re.compile(_AUTHORITY + r"[/?#]", re.IGNORECASE)
_HOST = re.compile(_AUTHORITY + r"(?:[/?#]|$)", re.IGNORECASE)


class Restorer:
    """Restores one channel of a reply; no I/O.

    Args:
        vault: the request's values.
        escape: whether the text is JSON (tool arguments), so that values are escaped for use in a string.
        hosts: the hosts in the request's text; ``None`` where links have no meaning (tool arguments).

    Attributes:
        restored: placeholders and surrogates replaced by their values.
        unrestored: placeholder-like text that was left in place, or cut at the end.
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
        """The text that can be released now. What may be the beginning of a replacement is held.

        At most 40 characters are held, or the length of the longest surrogate and the character after it.
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
            return emitted
        return emitted + self._emit(held)

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
            pieces.append(self._emit(self._value(match[0])))
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
        """Whether the text so far ends inside a link target in which no value may be restored."""
        tail = self._tail
        if _ATTRIBUTE.search(tail) or ("]:" in tail and _DEFINITION.search(tail)):
            return True
        if target := _TARGET.search(tail):
            line = tail[tail.rfind("\n", 0, target.start()) + 1 : target.start()]
            # An image is fetched without a click, so no host is safe.
            return "![" in line or not self._is_request_host(target[1] or target[2])
        bare = _BARE.search(tail, max(map(tail.rfind, _ENDS_BARE)) + 1)
        return bare is not None and not self._is_request_host(bare[1])

    def _is_request_host(self, url: str) -> bool:
        """Whether the request held the host. The host must be complete: more text could still change its name."""
        host = _host(_HOST_OF_PATH, url)
        return host is not None and self._hosts is not None and host in self._hosts


def hosts_in(texts: Iterable[str]) -> frozenset[str]:
    """The hosts of the URLs in the texts, in lower case."""
    urls = (match[0] for text in texts if "/" in text for match in _URL.finditer(text))
    found = (_host(_HOST, url) for url in urls)
    return frozenset(host for host in found if host is not None)


def _host(pattern: re.Pattern[str], url: str) -> str | None:
    """The host of a plainly written URL; ``None`` when it is not certain.

    Renderers differ in how they read backslashes, user information and percent signs, so a URL that has them
    before its path has no certain host.
    """
    matched = pattern.match(url)
    return None if matched is None else matched[1].lower().rstrip(".")


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
