"""Follows a candidate run as its text arrives: the words that one finding of the rules may cover.

A run begins with a word that may be sensitive, or with a prefecture. Each piece is read once: a run remembers how far it has
read and what it waits for, so that its cost grows with the new text alone.
"""

import re
from collections.abc import Callable
from typing import Final, TypeAlias

from gateway.detect.rules.ja.identifiers import ADDRESS_REACH, ADDRESS_STOP, PREFECTURE
from gateway.detect.rules.secrets import PRIVATE_KEY_BEGIN, PRIVATE_KEY_END
from gateway.detect.scan.words import SPACE, joins, run_word_end

PEM_BEGIN: Final = "-----BEGIN"
_MAX_BEGIN_LINE: Final = 80
_MAX_END_LINE: Final = 80
_PREFECTURE_TAIL: Final = 3
"""Maximum length of a prefecture's name after its first character."""
# Base64 in lines (MIME, PEM) is decoded as one, so a full line is followed by the next.
_BASE64_LINE: Final = re.compile(r"(?:^|[^A-Za-z0-9+/_-])[A-Za-z0-9+/]{60,76}\Z")
_BASE64_REST: Final = re.compile(r"[A-Za-z0-9+/_-]{16,}")
_LINE_REACH: Final = 77

_State: TypeAlias = Callable[[str, int, bool], bool]
"""Reads on from where the run is, and returns whether it got further; otherwise more text is needed, or the run has ended.

Takes the text, the offset where it ends for this run, and whether nothing follows there.
"""


class CandidateRun:
    """One run in a text that grows at its end.

    Args:
        start: the offset of its first word or prefecture.
        inside: whether ``start`` is inside a run already, so that its first word is part of it in any case.
        longest: the length from which any word is part of the run.
    """

    def __init__(self, start: int, *, inside: bool, longest: int) -> None:
        self._longest = longest
        self._end = start
        """Where the part that is known to belong to the run ends."""
        self._scanned = start
        """Up to where the text was read."""
        self._word = start
        self._limit = start + ADDRESS_REACH
        self._broken = False
        """Whether a line ended between the run and the word that may continue it."""
        self._ended = False
        self._state: _State = self._in_word if inside else self._begin

    def end(self, text: str, limit: int, *, final: bool) -> int | None:
        """The end of the run; ``None`` while more text could extend it.

        Args:
            text: the text up to now: what was there at earlier calls, and more.
            limit: the offset at which it ends for this run.
            final: whether nothing follows ``limit``.
        """
        while self._state(text, limit, final):
            pass
        return self._end if self._ended else None

    def _begin(self, text: str, limit: int, final: bool) -> bool:
        found = PREFECTURE.match(text, self._end, limit)
        self._state = self._in_address if found else self._in_word
        return True

    def _in_address(self, text: str, limit: int, final: bool) -> bool:
        """The maximum end of an address that begins here, or at another prefecture within its reach."""
        if stop := ADDRESS_STOP.search(text, self._word, min(limit, self._limit)):
            return self._between_words(stop.start())
        inner = PREFECTURE.search(text, self._word + 1, min(limit, self._limit + _PREFECTURE_TAIL))
        if inner is not None:
            self._word, self._limit = inner.start(), inner.start() + ADDRESS_REACH
            return True
        if limit < self._limit + _PREFECTURE_TAIL and not final:
            return False
        return self._between_words(min(self._limit, limit))

    def _between_words(self, end: int) -> bool:
        self._end = self._scanned = end
        self._state = self._after_word
        return True

    def _after_word(self, text: str, limit: int, final: bool) -> bool:
        """What follows a word: another one at once, or white space; anything else ends the run."""
        if self._end == limit:
            self._ended = final
            return False
        if run_word_end(text, self._end, self._end + 1) > self._end or text[self._end] == "ー":
            self._word = self._end
            self._scanned = self._end + 1
            self._state = self._in_word
            return True
        self._ended = not text[self._end].isspace()
        self._broken = False
        self._state = self._in_space
        return not self._ended

    def _in_space(self, text: str, limit: int, final: bool) -> bool:
        """White space after a word. A line break ends the run, except between the lines of base64."""
        space = SPACE.match(text, self._scanned, limit)
        if space:
            self._scanned = space.end()
        if text.find("\n", self._end, min(self._scanned, self._end + 2)) >= 0:
            return self._in_line_break(text, limit, final)
        if space and "\n" in space[0]:
            self._ended = True
            return False
        if self._scanned == limit:
            # The white space is no part of the run.
            self._ended = final
            return False
        self._word = self._scanned
        self._state = self._joining
        return True

    def _in_line_break(self, text: str, limit: int, final: bool) -> bool:
        line = text[max(0, self._end - _LINE_REACH) : self._end]
        breaks = text[self._end : self._scanned]
        if breaks not in ("\n", "\r\n") or not _BASE64_LINE.search(line):
            self._ended = True
            return False
        if self._scanned == limit:
            self._ended = final
            return False
        self._broken = True
        self._word = self._scanned
        self._state = self._joining
        return True

    def _joining(self, text: str, limit: int, final: bool) -> bool:
        """A word after white space: once it is complete, it continues the run or ends it."""
        self._scanned = run_word_end(text, self._scanned, limit)
        if self._scanned == limit and not final:
            return False
        if not self._joined(text):
            self._ended = True
            return False
        return self._complete(text)

    def _joined(self, text: str) -> bool:
        word, end = self._word, self._scanned
        if self._broken:
            return _BASE64_REST.match(text, word, end) is not None
        return end > word and joins(text, word, end, self._longest)

    def _in_word(self, text: str, limit: int, final: bool) -> bool:
        """A word that is part of the run in any case."""
        self._scanned = max(self._scanned, self._word + 1)
        self._scanned = run_word_end(text, self._scanned, limit)
        if self._scanned == limit and not final:
            return False
        return self._complete(text)

    def _complete(self, text: str) -> bool:
        end = self._scanned
        if text.endswith(PEM_BEGIN, self._word, end):
            self._word = end - len(PEM_BEGIN)
            self._state = self._in_key_line
            self._end = end
            return True
        return self._between_words(end)

    def _in_key_line(self, text: str, limit: int, final: bool) -> bool:
        """After ``-----BEGIN``: the first line of a private key, or of something else."""
        if begin := PRIVATE_KEY_BEGIN.match(text, self._word, limit):
            self._scanned = begin.end()
            self._state = self._in_key
            return True
        line_open = text.find("\n", self._word, min(limit, self._word + _MAX_BEGIN_LINE)) < 0
        if line_open and limit - self._word < _MAX_BEGIN_LINE and not final:
            return False
        return self._between_words(self._end)

    def _in_key(self, text: str, limit: int, final: bool) -> bool:
        """In a private key, up to its last line."""
        if end_line := PRIVATE_KEY_END.search(text, self._scanned, limit):
            return self._between_words(end_line.end())
        if final:
            return self._between_words(limit)
        self._scanned = max(self._scanned, limit - _MAX_END_LINE)
        return False
