"""The unbroken text before a position: what a reader may take for an address that is still being written."""

import re

from gateway.redact.markup.addresses import carries
from gateway.redact.markup.quoted import QuotedAddress

_MAX_LENGTH = 512
_KEPT = 300
"""Characters of a long run that are kept: more than the longest host name (253, RFC 1035)."""
# Stands for what was cut off, so that the rest of a host is not taken for the host.
_CUT = "_"
_PAIRS = frozenset("\"'([{")
_OPEN_AUTHORITY = re.compile(r"(?:[/\\]|&#?[0-9A-Za-z]+;){2}[^@/\[\]()]*$")
_SIGNS = frozenset("./\\@&:")
"""No address goes without one of these, entities and escapes included."""
SPACES = " \t\n\r\x0b\x0c"
"""What ends an address in every reader. A wide space does not: GitHub Flavored Markdown ends an autolink at these, and at ``<``."""


class AddressRun:
    """Text since the last space or ``<``, of bounded length, and the address in quotes that it may be in.

    Args:
        hosts: the hosts that the caller named.
    """

    def __init__(self, hosts: frozenset[str]) -> None:
        self.text = ""
        self._hosts = hosts
        self._astray = False
        self._quoted = QuotedAddress(hosts)

    def add(self, text: str) -> None:
        """More text: a space in it begins another run."""
        self._quoted.add(text)
        if not text.isalnum():
            # Nearly always it is one of these two, and then little is left to look through.
            cut = max(text.rfind(" "), text.rfind("\n")) + 1
            rest = text[cut:]
            if rest and not rest.isalnum():
                cut += max(map(rest.rfind, SPACES)) + 1
            if cut:
                self.end()
                text = text[cut:]
        while text:
            room = _MAX_LENGTH - len(self.text)
            self.text, text = self.text + text[:room], text[room:]
            if len(self.text) == _MAX_LENGTH:
                self._shorten()

    def end_at_tag(self) -> bool:
        """A ``<``: the end, except in user information, and within quotes and brackets of an address as linkify-it reads it.

        Whether it was the end.
        """
        quoted = not self.is_clear() and not _PAIRS.isdisjoint(self.text)
        goes_on = quoted or _OPEN_AUTHORITY.search(self.text) is not None
        if not goes_on:
            self.end()
        self.add("<")
        return not goes_on

    def end(self) -> None:
        """The run has ended: what follows belongs to no address in it."""
        self.text, self._astray = "", False

    def skip(self, text: str) -> None:
        """Text that is no address, and ends the run."""
        self._quoted.add(text)
        self.end()

    def end_paragraph(self) -> None:
        """A line has ended, and all that is in it."""
        self._quoted.end_line()
        self.end()

    def is_clear(self) -> bool:
        """Whether no address can have begun."""
        return not self._astray and _SIGNS.isdisjoint(self.text)

    def leads_astray(self) -> bool:
        """Whether an address of another host may go on from here."""
        return self._astray or carries(self.text, "", "", self._hosts)

    def allows(self, value: str, after: str) -> bool:
        """Whether the value is in no address of another host, with ``after`` behind it."""
        if self._astray or not self._quoted.allows(value, after):
            return False
        plain = all(map(_SIGNS.isdisjoint, (self.text, value, after)))
        return plain or not carries(self.text, value, after, self._hosts)

    def _shorten(self) -> None:
        # Host names of a cut run that are not complete count as another host.
        self._astray = self.leads_astray()
        self.text = _CUT + self.text[-_KEPT:]
