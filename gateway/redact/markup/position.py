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
# ``]`` and ``url``. The end of a line is in it where text follows, so that a blank line is not, and ``<`` where a space does.
# All repeats are possessive and begin with different characters, so the match is linear.
_TEXT = r"[^<\[\]`(\r\n]++|(?<!\])(?<![uU][rR][lL])\(|(?<!\r)\r?\n(?=[ \t]*+\S)|<(?= )"
_WORDS = re.compile(rf"(?:{_TEXT})++")
# The same with pairs of brackets behind which no address begins, and with code spans: of them nothing is left open. Each part
# is bounded, so that a bracket without its pair is not searched for again and again. An image's bracket is left out.
_BRACKET = r"(?<![!\\])\[[^<\[\]`(\r\n\\]{0,80}+"
_PAIR = rf"{_BRACKET}(?:{_BRACKET}\](?=[^(:])[^<\[\]`(\r\n\\]{{0,80}}+){{0,4}}+\](?=[^(:])"
_CODE = rf"(?<!`)`(?:[^<\[\]`(\r\n\\]{{1,80}}+|(?<!\])(?<![uU][rR][lL])\(|{_PAIR}){{1,8}}+`(?=[^`])"
_PROSE = re.compile(rf"(?:{_TEXT}|{_PAIR}|(?<!\\){_CODE})++")
# A link, an image, an autolink or a tag of which all is plain, as far as the text before it is.
_WHOLE = re.compile(
    r"\[[^<>\[\]`()\r\n\\|]{0,200}+\]\([^\s<>\[\]`()\\|\"']{0,400}+\)"
    r"|<[A-Za-z][A-Za-z0-9+.-]{1,20}+:[^\s<>\[\]`()\\|\"'=]{0,400}+>"
    r"|<(?!script|style|textarea|select|option|pre)[a-z][a-z0-9]{0,20}+"
    r"(?: [a-z]{1,20}+=(?:\"[^<>\[\]`()\\|\"'=\r\n\t]{0,200}+\"|'[^<>\[\]`()\\|\"'=\r\n\t]{0,200}+')){0,8}+ ?/?>"
    r"|</(?!script|style|textarea|select|option|pre)[a-z][a-z0-9]{0,20}+>"
)
_MAX_WHOLE = 500
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
            start = at
            if not self._tags.attentive:
                if tag < at and self._blocks.even and not self._ticks and not self._blocks.raw:
                    tag = text.find("<", at)
                    tag = len(text) if tag < 0 else tag
                    at = self._skip_paragraphs(text, at, tag)
                at = self._skip_words(text, at)
            if at == start:
                at = self._read_token(text, at)

    def _read_token(self, text: str, at: int) -> int:
        token = _TOKEN_IN_TAG if self._tags.attentive else _TOKEN
        match = token.match(text, at)
        if match is None:
            raise AssertionError("every character is in a token")
        self._token(match[0])
        return match.end()

    def _skip_paragraphs(self, text: str, at: int, tag: int) -> int:
        """Where the last paragraph before ``tag`` begins, the next ``<``. A blank line ends all but tags and some HTML blocks.

        No code span is open here: its end could take back elements that began in it.
        """
        # A blank line may have begun before this position.
        begin = max(at - 1, 0)
        found = [(text.rfind(line, begin, tag), len(line)) for line in _BLANK_LINES]
        start, length = max(found)
        if start < 0:
            return at
        self._blocks.end_paragraph()
        self._end_paragraph()
        self._run.end_paragraph()
        return self._look_back(text, start + length)

    def _skip_words(self, text: str, at: int) -> int:
        """Where words end that only the run of an address and the beginnings of lines depend on; also a plain link or tag."""
        if (
            at == len(text)
            or self._destination is not None
            or self._definition is not None
            or self._blocks.raw
        ):
            return at
        if self._ticks and text[at] != "`":
            self._end_ticks()
        idle = self._brackets.idle and not self._ticks
        match = (_PROSE if idle and self._blocks.even else _WORDS).match(text, at)
        if match is None:
            return self._skip_whole(text, at) if idle and text[at] in "[<" else at
        words = match[0]
        if not self._goes_on(words[0]):
            return at
        if "\n" in words:
            self._lines(words)
        else:
            self._line(words)
        self._run.add(words)
        return self._look_back(text, match.end())

    def _skip_whole(self, text: str, at: int) -> int:
        """Where a link or a tag ends that is one for every reader, and holds nothing that one could read otherwise."""
        tag = text[at] == "<"
        read = self._blocks.paired if tag else self._blocks.inline
        if not read or self._escaped or not self._run.is_clear():
            return at
        match = _WHOLE.match(text, at)
        if match is None or len(match[0]) > _MAX_WHOLE:
            return at
        self._goes_on("<")
        if tag:
            self._blocks.tag(match[0][1:], at_margin=self._blocks.margin)
        else:
            self._blocks.label = False
        self._blocks.plain("[")
        self._run.skip(match[0])
        return self._look_back(text, match.end())

    def _goes_on(self, character: str) -> bool:
        """Whether the character is text behind a bracket: it begins neither a definition nor a footnote."""
        if self._tail.endswith("]"):
            if character == ":" and self._blocks.label:
                return False
            self._blocks.label = self._blocks.label and self._tail.endswith("\\]")
        return not (character == "^" and self._tail.endswith("["))

    def _line(self, words: str) -> None:
        self._blocks.words(words)
        if "]" in words:
            self._blocks.label = False
        if "\\" in words or "|" in words or "<" in words:
            self._brackets.doubt()

    def _lines(self, words: str) -> None:
        """Words of more than one line, of which only the first may be the rest of a blank one."""
        first, _, rest = words.partition("\n")
        self._line(first.removesuffix("\r"))
        self._brackets.doubt()
        if self._blocks.newline():
            self._brackets.reset()
        between, end, last = rest.rpartition("\n")
        if end:
            self._blocks.words(between)
            self._blocks.newline()
        self._line(last)
        if "]" in between:
            self._blocks.label = False

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
