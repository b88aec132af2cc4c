"""Separates reasoning that a model writes into its text, ``<think>…</think>``, however the stream is split.

Servers without a reasoning parser leave the tags in the text. The chat templates of DeepSeek-R1 and related models open the block
themselves, so that a reply may hold only ``</think>``, and everything before it is reasoning
(https://huggingface.co/deepseek-ai/DeepSeek-R1, "Usage Recommendations").
"""

from typing import Final, TypeAlias

OPEN: Final = "<think>"
CLOSE: Final = "</think>"

Piece: TypeAlias = tuple[bool, str]
"""Whether the text is reasoning, and the text."""


class ThinkSplitter:
    """Splits the text of one choice; no I/O. The tags themselves are left out.

    Args:
        strict: reasoning must not pass as text. Text that may be in a block which the template opened
            is held until the block or the reply ends, and a block may begin anywhere. Otherwise a block
            may only be at the beginning of the text, and nothing else is held.
    """

    def __init__(self, *, strict: bool) -> None:
        self._strict = strict
        self._passed: list[str] = []
        """Held text in which no tag is or begins: it is not read again."""
        self._held = ""
        self._thinking = False
        self._undecided = strict
        """Whether the held text may be in a block that the template opened."""
        self._text_only = False
        """Whether everything that follows is text, tags included."""

    def elsewhere(self) -> None:
        """Note that the server sends reasoning in a separate field, so no block in the text was opened by the template."""
        self._undecided = False

    def feed(self, text: str) -> list[Piece]:
        """The pieces whose kind is now known."""
        if self._text_only:
            return [(False, text)] if text else []
        self._held += text
        pieces: list[Piece] = []
        while self._step(pieces):
            pass
        return [piece for piece in pieces if piece[1]]

    def flush(self) -> list[Piece]:
        """The end of the text: what is held gets the kind that it has so far."""
        held = self._take(len(self._held))
        self._undecided = False
        return [(self._thinking, held)] if held else []

    def _take(self, end: int) -> str:
        """What is held, up to ``end``; the rest remains held."""
        taken = "".join([*self._passed, self._held[:end]])
        self._passed, self._held = [], self._held[end:]
        return taken

    def _pass(self, end: int) -> None:
        """Hold the text up to ``end`` without reading it again."""
        self._passed.append(self._held[:end])
        self._held = self._held[end:]

    def _step(self, pieces: list[Piece]) -> bool:
        """Process one tag, or the text before the next possible tag; returns whether to continue."""
        if self._thinking:
            return self._until(CLOSE, pieces)
        if not self._strict:
            return self._opening(pieces)
        if self._undecided:
            return self._unsure_step(pieces)
        return self._until(OPEN, pieces)

    def _until(self, tag: str, pieces: list[Piece]) -> bool:
        found = self._held.find(tag)
        if found >= 0:
            pieces.append((self._thinking, self._take(found)))
            self._held, self._thinking = self._held[len(tag) :], not self._thinking
            self._text_only = not self._thinking and not self._strict
            if self._text_only:
                pieces.append((False, self._take(len(self._held))))
            return not self._text_only
        # The end of the text may be the first half of the tag: it is held until more text comes.
        cut = len(self._held) - _partial_tag_length(self._held, tag)
        pieces.append((self._thinking, self._take(cut)))
        return False

    def _opening(self, pieces: list[Piece]) -> bool:
        """A block that the model opens itself is at the beginning of the text, after white space at most."""
        self._pass(len(self._held) - len(self._held.lstrip()))
        if self._held.startswith(OPEN):
            self._passed, self._held, self._thinking = [], self._held[len(OPEN) :], True
            return True
        if not OPEN.startswith(self._held):
            self._text_only = True
            pieces.append((False, self._take(len(self._held))))
        return False

    def _unsure_step(self, pieces: list[Piece]) -> bool:
        """Until the first tag: a closing tag before any opening one ends a block that the template opened."""
        opened, closed = self._held.find(OPEN), self._held.find(CLOSE)
        if closed >= 0 and not 0 <= opened < closed:
            pieces.append((True, self._take(closed)))
            self._held, self._undecided = self._held[len(CLOSE) :], False
            return True
        if opened >= 0:
            self._undecided = False
            pieces.append((False, self._take(opened)))
            return True
        partial = max(_partial_tag_length(self._held, tag) for tag in (OPEN, CLOSE))
        self._pass(len(self._held) - partial)
        return False


def _partial_tag_length(text: str, tag: str) -> int:
    """The length of the longest end of the text that is a beginning of the tag."""
    return next((n for n in range(len(tag) - 1, 0, -1) if text.endswith(tag[:n])), 0)
