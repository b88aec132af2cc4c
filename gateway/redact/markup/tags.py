"""What an HTML reader may have open: tags, values of attributes, and elements whose text is not prose.

The reader of a reply is unknown, and text such as a code span can look like a tag to one reader and not to another. So
this holds every state that the tokeniser of HTML (https://html.spec.whatwg.org/multipage/parsing.html#tokenization) may
be in: each ``<`` before a letter may begin a tag, within quotes too, and what may be open stays open until no reader can doubt its end.
"""

import re

from gateway.redact.markup.run import SPACES

_IN_TAG, _BEFORE_VALUE, _UNQUOTED, _DOUBLE, _SINGLE = 1, 2, 4, 8, 16
_IN_VALUE = _BEFORE_VALUE | _UNQUOTED | _DOUBLE | _SINGLE
_QUOTES = {'"': _DOUBLE, "'": _SINGLE}
# Their text is run, fetched from, or sent with a form.
_NOT_PROSE = frozenset({"script", "style", "textarea", "select", "option"})
_NAME = re.compile(r"/?[^\s/]*")
_MAX_NAME = 12
_MAX_TAG = 512
# A tag of CommonMark (6.6), or an autolink (6.5), within a line …
_WHOLE_TAG = re.compile(
    r"<[A-Za-z][A-Za-z0-9-]*(?: +[A-Za-z_:][\w.:-]*(?: *= *(?:\"[^\"]*\"|'[^']*'|[^ \"'=<>]+))?)* */?>"
    r"|</[A-Za-z][A-Za-z0-9-]*>|<[A-Za-z][A-Za-z0-9+.-]+:[^ <>]*>"
)


# … and without what a reader may see first: the end of a code span, or of a cell of a table.
_DOUBTS = frozenset("`|\r\n\t\\")


class Tags:
    """The states of an HTML reader after the text so far."""

    def __init__(self) -> None:
        self.name = ""
        """The beginning of the last tag's name, as ``script`` or ``/a``; ``!`` or ``?`` begin a declaration."""
        self._states = 0
        self._open: dict[str, int] = {}
        self._naming = False
        self._tag = ""
        self._kept: dict[str, int] | None = None

    @property
    def attentive(self) -> bool:
        """Whether quotes and equals signs have a meaning here."""
        return self._naming or self._states != 0

    @property
    def in_tag(self) -> bool:
        """Whether some reader is within a tag."""
        return self._states != 0

    @property
    def in_value(self) -> bool:
        """Whether the next character may be in the value of an attribute, or in text that is not prose."""
        return bool(self._states & _IN_VALUE) or bool(self._open)

    def begin(self) -> None:
        """A ``<``."""
        self._naming, self.name, self._tag = True, "", "<"

    def plain(self, text: str) -> bool:
        """Text without any character that has a handler. Whether a name has ended in it."""
        if not self.attentive:
            # No tag goes on in this: a ``>`` behind it ends none.
            self._tag = ""
            return False
        self._keep(text)
        named = self._naming and self._read_name(text)
        states = self._states & ~(_BEFORE_VALUE | _UNQUOTED)
        if self._states & _UNQUOTED:
            states |= _IN_TAG if _has_space(text) else _UNQUOTED
        if self._states & _BEFORE_VALUE:
            value = text.lstrip()
            states |= (_IN_TAG if _has_space(value) else _UNQUOTED) if value else _BEFORE_VALUE
        self._states = states
        return named

    def equals(self) -> None:
        """A ``=``: before a value, or the first character of a name or of a value."""
        self._keep("=")
        if self._states & _IN_TAG:
            self._states |= _BEFORE_VALUE
        elif self._states & _BEFORE_VALUE:
            self._states = self._states & ~_BEFORE_VALUE | _UNQUOTED

    def quote(self, mark: str) -> None:
        """A single or double quotation mark."""
        self._keep(mark)
        quoted, states = _QUOTES[mark], self._states
        self._states = states & ~(_BEFORE_VALUE | quoted)
        if states & quoted:
            self._states |= _IN_TAG
        if states & _BEFORE_VALUE:
            self._states |= quoted

    def close(self, *, margin: bool) -> bool:
        """A ``>``. Whether it ends a tag for every reader.

        Args:
            margin: whether it may be the mark of a block quote, which is no part of the tag.
        """
        self._keep(">")
        if not margin:
            self._states &= ~(_IN_TAG | _BEFORE_VALUE | _UNQUOTED)
        tag, self._tag = self._tag, ""
        if self._states or not tag or not _DOUBTS.isdisjoint(tag):
            return False
        return _WHOLE_TAG.fullmatch(tag) is not None

    def end_name(self, *, sure: bool) -> None:
        """The name has ended. An element that is not prose begins, or ends if that is ``sure``."""
        self._naming = False
        name = self.name.lower()
        element = name.removeprefix("/")
        if element not in _NOT_PROSE:
            return
        if name == element:
            # Within a script, a second one is ended before the first: the "double escaped" state.
            self._open[name] = self._open.get(name, 0) + 1 if name == "script" else 1
        elif sure and element in self._open:
            self._open[element] -= 1
            if not self._open[element]:
                del self._open[element]

    @property
    def naming(self) -> bool:
        """Whether the name of a tag is still being written."""
        return self._naming

    def open_code(self, *, certain: bool) -> None:
        """A code span may begin. If that is ``certain``, elements that begin within it can be taken back."""
        self._kept = dict(self._open) if certain else None

    def close_code(self) -> None:
        """The code span has ended for certain: elements that begin in it are code. An open tag stays, for a reader of HTML alone."""
        if self._kept is not None:
            self._open = self._kept
        self._kept = None

    def _read_name(self, text: str) -> bool:
        if not self.name and not (text[0].isascii() and (text[0].isalpha() or text[0] in "/!?")):
            self._naming = False
            return False
        if not self.name and text[0].isalpha():
            self._states |= _IN_TAG
        match = _NAME.match(text) if self.name in ("", "/") else re.match(r"[^\s/]*", text)
        end = len(text) if match is None else match.end()
        self.name = (self.name + text[:end])[:_MAX_NAME]
        return end < len(text)

    def _keep(self, text: str) -> None:
        if self._tag and len(self._tag) < _MAX_TAG:
            self._tag += text


def _has_space(text: str) -> bool:
    return any(space in text for space in SPACES)
