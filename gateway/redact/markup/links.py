"""Brackets, destinations and definitions: where a Markdown reader may find the address of a link or an image.

A reader pairs brackets only after it has found code spans, tags and escapes, so what pairs here may not pair there. What is not
certain counts as an image, whose address is never safe (CommonMark 6.3, 6.4, 4.7).
"""

from typing import NamedTuple

from gateway.redact.markup.addresses import is_named
from gateway.redact.markup.run import SPACES

_MAX_OPEN = 64
_MAX_ADDRESS = 512
_CONTAINER = SPACES + ">"
"""What may be before a destination: space, and the marks of a block quote that goes on in the next line."""


class _Bracket(NamedTuple):
    image: bool
    plain: bool
    """Whether it begins a link text for certain, so far as that depends on what is before it."""


class Brackets:
    """The brackets that are open in a paragraph.

    Attributes:
        image: whether a destination that begins now may be that of an image.
        plain: whether the bracket that was closed last makes a link text for certain.
    """

    def __init__(self) -> None:
        self.image = True
        self.plain = False
        self._open: list[_Bracket] = []
        self._doubtful = 0
        """How many of the open brackets, from the outermost, hold what a reader may see first."""
        self._unsure = False

    @property
    def idle(self) -> bool:
        """Whether no bracket is open and none is in doubt: a pair that is closed at once changes nothing."""
        return not self._open and not self._unsure

    def open(self, *, image: bool, plain: bool) -> None:
        """A ``[``."""
        if len(self._open) >= _MAX_OPEN:
            self._unsure = True
            self._open.clear()
            self._doubtful = 0
        self._open.append(_Bracket(image, plain))

    def close(self) -> None:
        """A ``]``."""
        self.image, self.plain = True, False
        if not self._open:
            return
        bracket = self._open.pop()
        certain = len(self._open) >= self._doubtful
        self._doubtful = min(self._doubtful, len(self._open))
        self.plain = bracket.plain and certain and not self._unsure
        if not (certain and bracket.plain):
            # It may be text of an image's description, whose own bracket is still open or was paired with another.
            self._unsure = self._unsure or bracket.image or any(one.image for one in self._open)
        self.image = bracket.image or self._unsure

    def doubt(self) -> None:
        """A character that may make the open brackets part of something else."""
        self._doubtful = len(self._open)

    def reset(self) -> None:
        """A paragraph has ended: no link text reaches into the next."""
        self._open.clear()
        self._doubtful, self._unsure = 0, False


class Destination:
    """What is between the parentheses of a link, an image or ``url(…)``, until no reader can be in it.

    All of it counts as the address: readers differ in whether spaces, quotes and titles end one.

    Args:
        hosts: the hosts that the caller named.
        image: whether it is fetched without a click.
        plain: whether it is a destination for certain, if what follows is plain.
    """

    def __init__(self, hosts: frozenset[str], *, image: bool, plain: bool) -> None:
        self.image = image
        self.plain = plain
        self._hosts = hosts
        self._address = ""
        self._depth = 1
        self._angle = False
        self._astray = False

    def plain_text(self, text: str) -> None:
        """Text without parentheses and brackets."""
        self._add(text)
        if any(space in text for space in SPACES) or "\\" in text or '"' in text or "'" in text:
            self.plain = False

    def mark(self, character: str, *, escaped: bool) -> bool:
        """A character with a handler of its own. Whether the destination has ended for every reader."""
        if character == "<" and not self._address.strip(_CONTAINER):
            self._angle = True
        elif self._angle and (character in "\r\n" or (character == ">" and not escaped)):
            self._angle = False
        elif character == "(":
            self._depth += 1
        elif character == ")" and not self._angle and not escaped:
            self._depth -= 1
        self.plain = self.plain and character in "()"
        self._add(character)
        return self._depth == 0

    def _add(self, text: str) -> None:
        self._address += text[: max(_MAX_ADDRESS - len(self._address), 0)]

    def nest(self, *, image: bool) -> None:
        """Another destination begins within this one: which of them a reader takes is not certain."""
        self._astray = self._astray or not is_named(self._address, self._hosts)
        self.image, self.plain, self._address = self.image or image, False, ""
        self._angle = False
        self._depth += 1

    def allows(self, value: str, after: str) -> bool:
        """Whether the address leads to a host that the caller named, with the value and ``after`` in it."""
        if self.image or self._astray or len(self._address) >= _MAX_ADDRESS:
            return not (self.image or self._astray) and is_named(self._address, self._hosts)
        return is_named(self._address + value + after, self._hosts, value)


class Definition:
    """The destination of a reference definition: an image may use it, so it is never safe."""

    def __init__(self) -> None:
        self._begun = False
        self._angle = False

    def plain_text(self, text: str) -> bool:
        """Text after the colon. Whether the destination has ended."""
        if not self._begun:
            text = text.lstrip(SPACES)
            self._begun = bool(text)
        return self._begun and not self._angle and any(space in text for space in SPACES)

    def mark(self, character: str, *, margin: bool, escaped: bool) -> bool:
        """A character with a handler of its own. Whether the destination has ended."""
        if character in "\r\n":
            return self._begun
        if self._angle:
            self._angle = character != ">" or escaped
        elif not self._begun:
            self._angle = character == "<"
            # The mark of a block quote, in which the definition goes on.
            self._begun = not (character == ">" and margin)
        return False
