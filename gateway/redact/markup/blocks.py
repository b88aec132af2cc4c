"""What the lines of a paragraph say about where code spans and HTML blocks are, as far as that is certain."""

import re

_MARKS = " \t>*+-0123456789.):"
"""What may stand before the first text of a line: block quotes and lists."""
_RAW_BLOCKS = frozenset({"pre", "script", "style", "textarea"})
_ENDS = {
    "raw": tuple(f"</{name}>" for name in sorted(_RAW_BLOCKS)),
    "comment": ("-->",),
    "instruction": ("?>",),
    "declaration": (">",),
    "cdata": ("]]>",),
}
"""HTML blocks that a blank line does not end, with what ends them (CommonMark 4.6)."""
_FENCE_MARGIN = re.compile(r" {0,3}")
_FENCE = 3


class Blocks:
    """Lines and paragraphs, as every reader agrees on them: only what is certain counts.

    Attributes:
        margin: whether only marks of block quotes and lists are before this in the line.
        label: whether a line of the paragraph may begin with the label of a reference definition.
    """

    def __init__(self) -> None:
        self.margin = True
        self.label = False
        self._blank = True
        self._indent = ""
        self._html = False
        self._raw: dict[str, bool] = {}
        self._ticks = 0
        self._length = 0
        self._tangled = False
        self._fence = False
        self._on_line = 0

    @property
    def paired(self) -> bool:
        """Whether no code span is open here, for certain."""
        return self._ticks % 2 == 0 and not self._tangled

    @property
    def inline(self) -> bool:
        """Whether Markdown is read here and no code span is open, for certain."""
        return self.paired and not self._html and not self._raw

    @property
    def raw(self) -> bool:
        """Whether an HTML block may be open that a blank line does not end."""
        return bool(self._raw)

    @property
    def even(self) -> bool:
        """Whether as many code spans may have ended in the paragraph as have begun."""
        return self._ticks % 2 == 0

    def words(self, text: str) -> None:
        """Text of a line or of lines, with whole code spans between single backticks: their number is even."""
        code = text.find("`")
        if code >= 0:
            self.plain(text[:code])
            self._code(text.count("`"))
            text = text[code:]
        self.plain(text)

    def _code(self, ticks: int) -> None:
        if self._ticks and self._length != 1:
            self._tangled = True
        self._ticks += ticks
        self._on_line += ticks
        self._length = 1
        self.margin = self._blank = False

    def plain(self, text: str) -> None:
        """Text of a line."""
        if self._ticks and "|" in text:
            # A pipe ends a cell of a table, and the code span in it, even between backticks.
            self._tangled = True
        if not self.margin:
            return
        if text.strip(_MARKS):
            self.margin = False
        if text.strip(" \t"):
            self._blank = False
        self._indent = (self._indent + text)[:8]

    def mark(self, character: str) -> None:
        """A character with a handler of its own."""
        self._blank = False
        if self.margin and character == "[":
            self.label = True
        if character not in ">)":
            self.margin = False
        elif self.margin:
            self._indent = (self._indent + character)[:8]

    def ticks(self, length: int, *, escaped: bool, in_tag: bool) -> tuple[bool, bool]:
        """A run of backticks. Whether it begins a code span or else ends one, and whether that is certain."""
        was_inline = self.inline
        was_margin, self._blank = self.margin, False
        self._fence = (
            was_margin and length >= _FENCE and _FENCE_MARGIN.fullmatch(self._indent) is not None
        )
        self.margin = False
        self._ticks += 1
        self._on_line += 1
        opens = self._ticks % 2 == 1
        if escaped or (opens and in_tag) or (self._ticks > 1 and length != self._length):
            self._tangled = True
        self._length = length
        return opens, (was_inline and not self._tangled) if opens else self.inline

    def tag(self, name: str, *, at_margin: bool) -> None:
        """The name of a tag, or the beginning of a declaration."""
        if not at_margin:
            return
        self._html = True
        kind = _block_kind(name.lower())
        if kind is not None:
            self._raw[kind] = False

    def close(self, tail: str) -> None:
        """A ``>``, with the text that it ends: some HTML blocks end with this line."""
        for kind in self._raw:
            if tail.lower().endswith(_ENDS[kind]):
                self._raw[kind] = True

    def newline(self) -> bool:
        """The end of a line. Whether the line was blank, so that a paragraph has ended."""
        blank = self._blank
        if self._fence and self._on_line == 1:
            self._ticks, self._tangled = 0, False
        # The next line may be another block, in which what is open here is text.
        self._tangled = self._tangled or self._ticks % 2 == 1
        if self._raw:
            self._raw = {kind: False for kind, ended in self._raw.items() if not ended}
        self._begin_line()
        if blank:
            self.end_paragraph()
        return blank

    def end_paragraph(self) -> None:
        """A blank line has ended: all is over but the HTML blocks that ``raw`` is about."""
        self._ticks, self._tangled = 0, False
        self._html = self.label = False
        self._begin_line()

    def _begin_line(self) -> None:
        self.margin = self._blank = True
        self._indent, self._fence, self._on_line = "", False, 0


def _block_kind(name: str) -> str | None:
    if name in _RAW_BLOCKS:
        return "raw"
    if name.startswith("?"):
        return "instruction"
    if name.startswith("!--"):
        return "comment"
    if name.startswith("![") or name == "!":
        return "cdata"
    return "declaration" if name.startswith("!") else None
