"""Cuts a streamed reply into units that can be looked at, the same for any split of the stream.

A segmenter does no I/O. What can't be part of a tier-0 finding leaves at once; what may be is held until it
is complete and leaves in one piece, with the text before it as context. That is possible because the rules
keep to the bounds stated in ``rules``: a finding is a *chain* of words that have a digit, a symbol or many
letters, or that stand after a word announcing a secret; or an address from its prefecture on; or a private
key from its first line to its last.
"""

import re
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from gateway.detect.base import Span
from gateway.detect.rules.ja.identifiers import (
    ADDRESS_REACH,
    ADDRESS_STOP,
    PREFECTURE,
    PREFECTURE_STARTS,
)
from gateway.detect.rules.patterns import tier0
from gateway.detect.rules.rule import PLAIN_LETTERS
from gateway.detect.rules.secrets import (
    PRIVATE_KEY_BEGIN,
    PRIVATE_KEY_END,
    SECRET_KEYWORD,
    SECRET_KEYWORD_STEMS,
)
from gateway.text.fold import caseless, fold

MAX_HELD: Final = 8192
"""The most characters that are held. A longer chain is cut there, and a value across the cut is lost to
the rules: only a private key of more than 8,000 characters, or a word without spaces as long."""

CONTEXT: Final = 96
"""How many characters before a unit its scan sees: more than any rule reaches back."""

_KANA_KANJI: Final = "぀-ゖ゛-ヺヽ-ヿ一-鿿㐀-䶿々〆、。「」『』・…"
_SPACE: Final = re.compile(r"\s+")
_JAPANESE: Final = re.compile(f"[{_KANA_KANJI}ー]+")
# A long-sound mark after a digit may be a hyphen, so a word that has begun keeps it.
_WORD: Final = re.compile(f"[^\\s{_KANA_KANJI}ー][^\\s{_KANA_KANJI}]*")
_PLAIN: Final = re.compile(
    r"[\"'(*#]{0,4}"
    rf"(?:(?:(?:[A-Za-z]{{1,{PLAIN_LETTERS}}}(?![A-Za-z])|[^\x00-\x7f〒])+(?:'[A-Za-z]{{1,2}})?)?"
    r"[.,;:!?\"')*]{0,6}|[-*#|>=~.:]{1,4})"
)
_SAFE_PREFIX: Final = re.compile(rf"((?:\s+|(?=\S){_PLAIN.pattern}(?=\s))*+)\S*\Z")
"""Plain words and spaces, then at most one word that is unfinished; for ASCII, which folds to itself."""
_SLACK: Final = 512
"""How much text that has left may stand before the context: it is not cut off at every piece."""
_GROUP: Final = re.compile(r"[A-Z]{1,4}")
_PEM_MARKER: Final = "-----BEGIN"
_KEY_HEAD_LENGTH: Final = 80
_PREFECTURE_TAIL: Final = 3
"""How far a prefecture's name reaches beyond its first character."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A piece of the reply. Without ``scan``, no tier-0 finding is in it or reaches into it."""

    text: str = field(repr=False)
    scan: bool
    context: str = field(default="", repr=False)
    """The text just before, for rules that look back; empty where nothing is to be scanned."""


class Segmenter(Protocol):
    """Takes a text in pieces and gives units whose texts, joined, are that text."""

    def feed(self, text: str) -> list[Unit]:
        """Take a piece; give what can leave."""

    def flush(self) -> list[Unit]:
        """The text has ended; give the rest."""


class WholeSegmenter:
    """Holds everything until the end: depth ``whole``."""

    def __init__(self) -> None:
        self._pieces: list[str] = []

    def feed(self, text: str) -> list[Unit]:
        self._pieces.append(text)
        return []

    def flush(self) -> list[Unit]:
        text = "".join(self._pieces)
        self._pieces.clear()
        return [Unit(text=text, scan=True, context="")] if text else []


class PatternSegmenter:
    """Holds only what may be part of a tier-0 finding: depth ``patterns``."""

    def __init__(self) -> None:
        self._text = ""
        self._done = 0
        self._in_run = False
        """Whether the last unit was cut at the bound, inside a chain."""

    def feed(self, text: str) -> list[Unit]:
        self._text += text
        end = self._safe_prefix_end()
        if end is None:
            return self._units(final=False)
        if end == self._done:
            return []
        unit = Unit(text=self._text[self._done : end], scan=False)
        self._release(end)
        return [unit]

    def flush(self) -> list[Unit]:
        units = self._units(final=True)
        self._in_run = False
        return units

    def _safe_prefix_end(self) -> int | None:
        """Where the text ends that can leave by one look at it; ``None`` when that takes a closer look.

        It says what :meth:`_units` would, for most pieces of most replies.
        """
        text = self._text
        if self._in_run or not text.isascii():
            return None
        match = _SAFE_PREFIX.match(text, self._done)
        if match is None or len(text) - match.end(1) >= MAX_HELD:
            return None
        end = match.end(1)
        return None if _may_hold_keyword(text[max(0, self._done - CONTEXT) : end].lower()) else end

    def _release(self, end: int) -> None:
        """Forget the text up to ``end``, all but the context of what follows."""
        self._done = end
        if end > CONTEXT + _SLACK:
            self._text, self._done = self._text[end - CONTEXT :], CONTEXT

    def _units(self, *, final: bool) -> list[Unit]:
        units = []
        while self._done < len(self._text):
            cut = self._cut(final=final)
            if cut is None:
                break
            end, scan = cut
            before = self._text[max(0, self._done - CONTEXT) : self._done] if scan else ""
            units.append(Unit(text=self._text[self._done : end], scan=scan, context=before))
            self._in_run = scan and end - self._done == MAX_HELD
            self._release(end)
        return units

    def _cut(self, *, final: bool) -> tuple[int, bool] | None:
        """Where the next unit ends and whether it is to be scanned; ``None`` when that is open."""
        start = self._done
        if not (self._in_run and _WORD.match(self._text, start)):
            cold, is_open = _safe_end(self._text, start, final=final)
            if cold > start:
                return cold, False
            if is_open:
                return None
        window = self._text[: start + MAX_HELD]
        full = len(window) == start + MAX_HELD
        end = _CandidateRun(window, final=final and not full).end(start, inside=self._in_run)
        if end is not None:
            return end, True
        return (len(window), True) if full else None


def scan_unit(unit: Unit) -> tuple[Span, ...]:
    """What the rules find in a unit, in offsets of its text."""
    before = len(unit.context)
    return tuple(
        replace(span, start=max(0, span.start - before), end=span.end - before)
        for span in tier0(unit.context + unit.text)
        if span.end > before
    )


def _safe_end(text: str, start: int, *, final: bool) -> tuple[int, bool]:
    """How far the text can leave at once, and whether it is open what stands there.

    When it is not open, a word or prefecture to hold stands there, or nothing.
    """
    position = start
    while position < len(text):
        if space := _SPACE.match(text, position):
            position = space.end()
        elif run := _JAPANESE.match(text, position):
            if prefecture := PREFECTURE.search(text, position, run.end()):
                return prefecture.start(), False
            if run.end() == len(text) and not final:
                return max(position, len(text) - _prefecture_prefix_length(run[0])), True
            position = run.end()
        else:
            end = _word_end(text, position)
            if _is_open(position, end, len(text), final=final):
                return position, True
            if _may_be_sensitive(text, position, end):
                return position, False
            position = end
    return position, False


def _is_open(start: int, end: int, length: int, *, final: bool) -> bool:
    """Whether a word may go on in text that is still to come."""
    return end == length and not final and end - start < MAX_HELD


def _prefecture_prefix_length(run: str) -> int:
    """How many characters at the end may be the beginning of a prefecture's name."""
    return next((size for size in (3, 2, 1) if run[-size:] in PREFECTURE_STARTS), 0)


def _word_end(text: str, start: int) -> int:
    word = _WORD.match(text, start)
    return word.end() if word else start


def _may_be_sensitive(text: str, start: int, end: int) -> bool:
    """Whether a word may begin or continue a finding."""
    word = fold(text[start:end]).text
    if not word or end - start >= MAX_HELD or not _PLAIN.fullmatch(word):
        return True
    line = max(text.rfind("\n", 0, start) + 1, start - CONTEXT)
    lowered = caseless(fold(text[line:start]).text)
    return _may_hold_keyword(lowered) and SECRET_KEYWORD.search(lowered) is not None


def _may_hold_keyword(lowered: str) -> bool:
    """Whether a word of ``SECRET_KEYWORD`` may be in the text: far cheaper than looking for one."""
    for stem in SECRET_KEYWORD_STEMS:  # noqa: SIM110  # any() would take a generator, which costs more than the search
        if stem in lowered:
            return True
    return False


class _CandidateRun:
    """Finds where a chain ends.

    Args:
        text: the text as far as it may matter.
        final: whether nothing follows it.
    """

    def __init__(self, text: str, *, final: bool) -> None:
        self._text = text
        self._final = final

    def end(self, start: int, *, inside: bool) -> int | None:
        """The end of the chain that begins at ``start``; ``None`` while more text could extend it.

        Args:
            start: where its first word or prefecture stands.
            inside: whether ``start`` is within a chain already, so that its first word is taken as it is.
        """
        position: int | None = start
        if not inside and PREFECTURE.match(self._text, start):
            position = self._address_end(start)
        while position is not None:
            following = self._next_word(position)
            if following is None or following < 0:
                return None if following is None else position
            position = self._after_word(following)
        return None

    def _next_word(self, position: int) -> int | None:
        """Where the chain's next word begins; -1 when the chain is over, ``None`` while that is open."""
        text = self._text
        if position == len(text):
            return -1 if self._final else None
        if _WORD.match(text, position) or text[position] == "ー":
            return position
        space = _SPACE.match(text, position)
        if space is None or "\n" in space[0]:
            return -1
        return self._joined_word(space.end())

    def _joined_word(self, word: int) -> int | None:
        """The word after a space, when it goes on with the chain."""
        text = self._text
        end = _word_end(text, word)
        if end == len(text) and not self._final:
            return None
        if end == word:
            return -1
        grouped = _GROUP.fullmatch(fold(text[word:end]).text)
        return word if grouped or _may_be_sensitive(text, word, end) else -1

    def _after_word(self, start: int) -> int | None:
        """The end of the word, or of the private key that it begins; ``None`` while that is open."""
        end = max(_word_end(self._text, start), start + 1)
        dashes = self._text.find(_PEM_MARKER, start, end)
        if dashes >= 0:
            return self._key_end(dashes, end)
        return None if end == len(self._text) and not self._final else end

    def _key_end(self, dashes: int, word_end: int) -> int | None:
        text = self._text
        if head := PRIVATE_KEY_BEGIN.match(text, dashes):
            if tail := PRIVATE_KEY_END.search(text, head.end()):
                return self._after_tail(tail.end())
            return len(text) if self._final else None
        line_open = "\n" not in text[dashes : dashes + _KEY_HEAD_LENGTH]
        if line_open and len(text) - dashes < _KEY_HEAD_LENGTH and not self._final:
            return None
        return None if word_end == len(text) and not self._final else word_end

    def _after_tail(self, end: int) -> int | None:
        return None if end == len(self._text) and not self._final else end

    def _address_end(self, start: int) -> int | None:
        """The end of what an address beginning here, or at a prefecture in reach, could take."""
        limit = start + ADDRESS_REACH
        while True:
            stop = ADDRESS_STOP.search(self._text, start, limit)
            if stop:
                return stop.start()
            inner = PREFECTURE.search(self._text, start + 1, limit + _PREFECTURE_TAIL)
            if inner is None:
                break
            start, limit = inner.start(), inner.start() + ADDRESS_REACH
        if len(self._text) < limit + _PREFECTURE_TAIL and not self._final:
            return None
        return min(limit, len(self._text))
