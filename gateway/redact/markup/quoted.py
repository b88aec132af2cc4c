r"""An address in the quotes of a diagram or a program, or in the braces of a formula: a space does not end it.

Mermaid (https://mermaid.js.org/syntax/flowchart.html#interaction) makes links of ``click A "…"`` and fetches ``img: "…"``, MathJax
makes links of ``\href{…}``, and both draw what is in a fence or between dollar signs of a reply.
"""

import re

from gateway.redact.markup.addresses import is_named

_OPENER = re.compile(
    r"(?P<quote>[\"'])(?=(?P<address>(?:[A-Za-z][A-Za-z0-9+.-]{0,30}:)?//))(?P=address)"
    r"|\\(?:href|url|nolinkurl|includegraphics|html[A-Z][a-z]{1,10})(?:\[[^\s\[\]{}]{0,30}\])?(?P<brace>\{)"
)
_ENDS = {mark: re.compile(rf"[{mark}\r\n]") for mark in "\"'}"}
_LOOK_BACK = 64
"""More than the longest beginning of such an address."""
_MAX_ADDRESS = 512


class QuotedAddress:
    """The address in quotes or braces that is open in a line.

    Args:
        hosts: the hosts that the caller named.
    """

    def __init__(self, hosts: frozenset[str]) -> None:
        self._hosts = hosts
        self._closed_by = ""
        self._address = ""
        self._before = ""

    def add(self, text: str) -> None:
        """More text, cut anywhere."""
        if self._closed_by:
            end = self._end(text, 0)
            if end < 0:
                self._address += text[: _MAX_ADDRESS - len(self._address)]
                return
            text = text[end:]
            self._closed_by = self._before = ""
        text = self._before + text
        if "//" in text or "{" in text:
            text = text[self._read(text) :]
        self._before = text[-_LOOK_BACK:]

    def end_line(self) -> None:
        """The line has ended: so has the address."""
        self._closed_by = self._before = ""

    def allows(self, value: str, after: str) -> bool:
        """Whether the value may be here, with ``after`` behind it."""
        if not self._closed_by:
            return True
        if len(self._address) >= _MAX_ADDRESS:
            return is_named(self._address, self._hosts)
        return is_named(self._address + value + after, self._hosts, value)

    def _read(self, text: str) -> int:
        """Find the address that is open at the end, if one is. Where the search for the next one begins."""
        at = 0
        while match := _OPENER.search(text, at):
            self._closed_by = "}" if match["brace"] else match["quote"]
            at = self._end(text, match.end())
            if at < 0:
                self._address = ((match["address"] or "") + text[match.end() :])[:_MAX_ADDRESS]
                return len(text)
            self._closed_by = ""
        return at

    def _end(self, text: str, at: int) -> int:
        """The position behind the end of the address; -1 where it goes on."""
        found = _ENDS[self._closed_by].search(text, at)
        return -1 if found is None else found.end()
