"""The position of a reader in a reply, piece by piece, and whether a value may be there.

Fed with what the caller receives, so values that were restored count as text. A value may be where no reader of CommonMark, GitHub
Flavored Markdown or HTML, however the reply goes on, has it in an address of a host that the caller did not name.
"""

import re
from collections.abc import Callable, Mapping

from gateway.redact.markup.blocks import Blocks
from gateway.redact.markup.links import Brackets, Definition, Destination
from gateway.redact.markup.run import AddressRun
from gateway.redact.markup.tags import Tags

# Quotes and equals signs have a meaning in tags alone: elsewhere they are plain text, in fewer and longer tokens.
_TOKEN = re.compile(r"[^<>\[\]()`\r\n]+|`+|[<>\[\]()\r\n]")
_TOKEN_IN_TAG = re.compile(r"[^<>\[\]()`\r\n\"'=]+|`+|[<>\[\]()\r\n\"'=]")
# Words, and lines of words, outside tags and destinations: no mark in them begins or ends anything. A parenthesis does behind
# ``]`` and ``url``; the end of a line is in it where text follows, so that a blank line is not. The repeats are possessive and
# begin with different characters, so the match is linear.
_WORDS = re.compile(
    r"(?:[^<\[\]`(\r\n]++|(?<!\])(?<![uU][rR][lL])\(|(?<!\r)\r?\n(?=[ \t]*+\S))++"
)
_BLANK_LINES = ("\n\n", "\r\n\r\n")
_MAX_UNREAD = 8192
"""How many characters wait to be read before more is added."""
_TAIL = 12
"""The longest text that is looked back at: the end tag of a block."""
_URL_FUNCTION = re.compile(r"(?<![\w-])url$", re.IGNORECASE)
_DOUBTS = frozenset("`<\r\n")


class Position:
    """Where the readers are, after the text so far.

    Args:
        hosts: the hosts that the caller named.
    """

    def __init__(self, hosts: frozenset[str]) -> None:
        self._hosts = hosts
        self._run = AddressRun(hosts)
        self._tags = Tags()
        self._blocks = Blocks()
        self._brackets = Brackets()
        self._destination: Destination | None = None
        self._definition: Definition | None = None
        self._tail = ""
        self._unread: list[str] = []
        self._unread_length = 0
        self._ticks = 0
        self._ticks_escaped = False
        self._ticks_in_tag = False
        self._tag_at_margin = False
        self._tag_sure = False
        self._tag_ends_run = False
        self._handlers: Mapping[str, Callable[[str], None]] = {
            "<": self._less,
            ">": self._greater,
            "[": self._open_bracket,
            "]": self._close_bracket,
            "(": self._open_parenthesis,
            ")": self._text,
            "`": self._text,
            "\r": self._newline,
            "\n": self._newline,
            "=": self._equals,
            '"': self._quote,
            "'": self._quote,
        }

    def feed(self, text: str) -> None:
        """More text, cut anywhere. It is read when a value is asked for: most of a reply has none, and whole paragraphs are quicker."""
        if self._unread_length > _MAX_UNREAD:
            self.read()
        self._unread.append(text)
        self._unread_length += len(text)

    def allows(self, value: str, after: str) -> bool:
        """Whether the value may be here, with ``after`` behind it up to a character that no host has."""
        self.read()
        self._end_ticks()
        if self._tags.in_value or self._definition is not None:
            return False
        if self._destination is not None and not self._destination.allows(value, after):
            return False
        return self._run.allows(value, after)

    def read(self) -> None:
        """Read what was fed. The tail goes before it, so that what is looked back at is in one text."""
        if not self._unread:
            return
        at = len(self._tail)
        text = self._tail + "".join(self._unread)
        self._unread, self._unread_length = [], 0
        tag = -1
        while at < len(text):
            if not self._tags.attentive:
                if tag < at:
                    tag = text.find("<", at)
                    tag = len(text) if tag < 0 else tag
                    at = self._skip_paragraphs(text, at, tag)
                at = self._skip_words(text, at)
            at = self._read_token(text, at)

    def _read_token(self, text: str, at: int) -> int:
        if at == len(text):
            return at
        token = _TOKEN_IN_TAG if self._tags.attentive else _TOKEN
        match = token.match(text, at)
        if match is None:
            raise AssertionError("every character is in a token")
        self._token(match[0])
        return match.end()

    def _skip_paragraphs(self, text: str, at: int, tag: int) -> int:
        """Where the last paragraph before ``tag`` begins, the next ``<``: the end of a paragraph ends all but tags and some HTML blocks."""
        # A blank line may have begun before this position.
        begin = max(at - 1, 0)
        found = [(text.rfind(line, begin, tag), len(line)) for line in _BLANK_LINES]
        start, length = max(found)
        if start < 0 or self._blocks.raw:
            return at
        self._ticks = 0
        self._blocks.end_paragraph()
        self._end_paragraph()
        self._run.end()
        return self._look_back(text, start + length)

    def _skip_words(self, text: str, at: int) -> int:
        """Where words end that only the run of an address and the beginnings of lines depend on."""
        if self._destination is not None or self._definition is not None or self._blocks.raw:
            return at
        match = _WORDS.match(text, at)
        if match is None or not self._goes_on(match[0][0]):
            return at
        words = match[0]
        self._end_ticks()
        if "\n" in words:
            self._lines(words)
        else:
            self._blocks.plain(words)
            if "\\" in words or "|" in words:
                self._brackets.doubt()
        self._run.add(words)
        return self._look_back(text, match.end())

    def _goes_on(self, character: str) -> bool:
        """Whether the character is text behind a bracket: it begins neither a definition nor a footnote."""
        if self._tail.endswith("]"):
            if character == ":" and self._blocks.label:
                return False
            self._blocks.label = self._blocks.label and self._tail.endswith("\\]")
        return not (character == "^" and self._tail.endswith("["))

    def _lines(self, text: str) -> None:
        """Words of more than one line, of which only the first may be the rest of a blank one."""
        first, _, rest = text.partition("\n")
        self._blocks.plain(first.removesuffix("\r"))
        self._brackets.doubt()
        if self._blocks.newline():
            self._brackets.reset()
        self._blocks.pipes(rest)
        self._blocks.plain(rest[rest.rfind("\n") + 1 :])
        if "\\" in rest or "|" in rest:
            self._brackets.doubt()

    def _look_back(self, text: str, at: int) -> int:
        self._tail = text[max(at - _TAIL, 0) : at]
        return at

    def _token(self, token: str) -> None:
        if token[0] == "`":
            self._begin_ticks(len(token))
        else:
            self._end_ticks()
        # Quotes and equals signs begin plain tokens outside tags.
        if self._tail.endswith("]") and token[0] != ":" and not self._tail.endswith("\\]"):
            self._blocks.label = False
        handler = self._handlers.get(token[0]) if len(token) == 1 or token[0] == "`" else None
        if handler is None:
            self._plain(token)
        else:
            self._mark(token, handler)
        self._tail = (self._tail + token[-_TAIL:])[-_TAIL:]

    def _plain(self, text: str) -> None:
        if text[0] == ":" and self._blocks.label and self._tail.endswith("]"):
            self._definition = Definition()
            self._blocks.plain(":")
            self._run.add(":")
            self._tail, text = ":", text[1:]
        if text:
            self._plain_rest(text)

    def _plain_rest(self, text: str) -> None:
        if "\\" in text or "|" in text or (text[0] == "^" and self._tail.endswith("[")):
            self._brackets.doubt()
        self._blocks.plain(text)
        if self._tags.plain(text):
            self._end_name()
        if self._destination is not None:
            self._destination.plain_text(text)
        if self._definition is not None and self._definition.plain_text(text):
            self._definition = None
        self._run.add(text)

    def _mark(self, token: str, handler: Callable[[str], None]) -> None:
        character = token[0]
        if self._tags.naming and self._tags.name:
            self._end_name()
        if character in _DOUBTS:
            self._brackets.doubt()
        if self._definition is not None and self._definition.mark(
            character, margin=self._blocks.margin, escaped=self._escaped
        ):
            self._definition = None
        handler(token)
        if character not in "`\r\n":
            self._blocks.mark(character)

    @property
    def _escaped(self) -> bool:
        """Whether some reader takes the next character as escaped: one that counts backslashes, or one that does not."""
        return self._tail.endswith("\\")

    def _begin_ticks(self, length: int) -> None:
        if not self._ticks:
            self._ticks_escaped, self._ticks_in_tag = self._escaped, self._tags.in_tag
        self._ticks += length

    def _end_ticks(self) -> None:
        if not self._ticks:
            return
        opens, certain = self._blocks.ticks(
            self._ticks, escaped=self._ticks_escaped, in_tag=self._ticks_in_tag
        )
        self._ticks = 0
        if opens:
            self._tags.open_code(certain=certain)
        elif certain:
            self._tags.close_code()

    def _end_name(self) -> None:
        self._tags.end_name(sure=self._tag_sure)
        self._blocks.tag(self._tags.name, at_margin=self._tag_at_margin)

    def _text(self, token: str) -> None:
        """A mark that is text where no handler takes it."""
        self._tags.plain(token)
        self._run.add(token)
        for character in token if self._destination is not None else "":
            self._mark_destination(character)

    def _mark_destination(self, character: str) -> None:
        if self._destination is None or not self._destination.mark(
            character, escaped=self._escaped
        ):
            return
        if self._destination.plain:
            # A link for certain: no reader takes its address for one that goes on behind it, and no link is around it.
            self._run.end()
            if not self._destination.image:
                self._brackets.doubt()
        self._destination = None

    def _less(self, token: str) -> None:
        self._tag_at_margin = self._blocks.margin
        self._tag_sure = self._blocks.paired and not self._escaped
        self._tags.begin()
        self._tag_ends_run = self._run.end_at_tag() and self._tag_sure
        self._mark_destination(token)

    def _greater(self, token: str) -> None:
        whole = self._tags.close(margin=self._blocks.margin)
        self._blocks.close(self._tail + token)
        self._run.add(token)
        if whole and self._tag_ends_run:
            self._run.end()
        self._mark_destination(token)

    def _open_bracket(self, token: str) -> None:
        plain = self._blocks.inline and not self._escaped and self._run.is_clear()
        self._brackets.open(image=self._tail.endswith("!"), plain=plain)
        self._text(token)

    def _close_bracket(self, token: str) -> None:
        self._brackets.close()
        self._text(token)

    def _open_parenthesis(self, token: str) -> None:
        link = self._tail.endswith("]")
        if not link and not _URL_FUNCTION.search(self._run.text):
            return self._text(token)
        image, plain = (self._brackets.image, self._brackets.plain) if link else (True, False)
        if self._destination is None:
            self._destination = Destination(self._hosts, image=image, plain=plain)
        else:
            self._destination.nest(image=image)
        self._tags.plain(token)
        return self._run.add(token)

    def _newline(self, token: str) -> None:
        if token[0] == "\n" and self._tail.endswith("\r"):
            return
        self._text(token)
        if self._blocks.newline():
            self._end_paragraph()

    def _end_paragraph(self) -> None:
        self._brackets.reset()
        self._destination = self._definition = None

    def _equals(self, token: str) -> None:
        self._tags.equals()
        self._run.add(token)
        self._mark_destination(token)

    def _quote(self, token: str) -> None:
        self._tags.quote(token)
        self._run.add(token)
        self._mark_destination(token)
