"""Splits a streamed reply into units that can be scanned; the units do not depend on how the stream was split.

A segmenter does no I/O. Text that can't be part of a rule's finding is released at once. Text that may be is buffered until
it is complete and released in one piece, with the text before it as context. The bounds of ``rules.rule`` make this
possible: a finding is a *candidate run* of words that have a digit, a symbol or many letters, or that follow a secret
keyword; or an address from its prefecture on; or a private key from its first line to its last.
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
from gateway.detect.rules.rule import PLAIN_LETTERS
from gateway.detect.rules.ruleset import apply_rules
from gateway.detect.rules.secrets import (
    PRIVATE_KEY_BEGIN,
    PRIVATE_KEY_END,
    SECRET_KEYWORD,
    SECRET_KEYWORD_STEMS,
)
from gateway.text.fold import caseless, fold

MAX_BUFFERED: Final = 8192
"""Maximum number of buffered characters. A longer run is cut there, and the rules miss a value across the cut: a
private key of more than 8,000 characters, or a word without spaces of that length."""

CONTEXT: Final = 96
"""Characters before a unit that its scan reads: more than any rule looks back."""

_KANA_KANJI: Final = "぀-ゖ゛-ヺヽ-ヿ一-鿿㐀-䶿々〆、。「」『』・…"
_SPACE: Final = re.compile(r"\s+")
_JAPANESE: Final = re.compile(f"[{_KANA_KANJI}ー]+")
# A long-sound mark between digits folds to a hyphen, so it continues a word; at the start it is Japanese.
_WORD: Final = re.compile(f"[^\\s{_KANA_KANJI}ー][^\\s{_KANA_KANJI}]*")
# Brackets and emphasis, letters up to the length of a credential, at most one apostrophe, punctuation. What matches can
# neither begin nor continue a finding; 〒 is excluded because a postcode begins with it.
_PLAIN: Final = re.compile(
    r"[\"'(*#]{0,4}"
    rf"(?:(?:(?:[A-Za-z]{{1,{PLAIN_LETTERS}}}(?![A-Za-z])|[^\x00-\x7f〒])+(?:'[A-Za-z]{{1,2}})?)?"
    r"[.,;:!?\"')*]{0,6}|[-*#|>=~.:]{1,4})"
)
# Possessive (*+): if the rest does not match, giving words back can't make it match, and would only be slow.
_SAFE_PREFIX: Final = re.compile(rf"((?:\s+|(?=\S){_PLAIN.pattern}(?=\s))*+)\S*\Z")
"""Plain words and spaces, then at most one unfinished word; for ASCII, which folds to itself."""
_SLACK: Final = 512
"""Released text that may remain before the context, so that the buffer is not copied for every piece."""
_GROUP: Final = re.compile(r"[A-Z]{1,4}")
_PEM_MARKER: Final = "-----BEGIN"
_MAX_BEGIN_LINE: Final = 80
_PREFECTURE_TAIL: Final = 3
"""Maximum length of a prefecture's name after its first character."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A piece of the reply. Without ``scan``, no rule's finding is in it or reaches into it."""

    text: str = field(repr=False)
    scan: bool
    context: str = field(default="", repr=False)
    """The text just before, for rules that look back; empty without ``scan``."""


class Segmenter(Protocol):
    """Takes a text in pieces and returns units; their texts, joined, are that text."""

    def feed(self, text: str) -> list[Unit]:
        """Add a piece; return the units that can be released."""

    def flush(self) -> list[Unit]:
        """End the text; return the remaining units."""


class WholeSegmenter:
    """Buffers everything until the end: depth ``whole``."""

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
    """Buffers only text that may be part of a rule's finding: depth ``patterns``."""

    def __init__(self) -> None:
        self._text = ""
        self._done = 0
        self._in_run = False
        """Whether the last unit was cut at ``MAX_BUFFERED``, inside a candidate run."""

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
        """The end of the text that one regular expression proves safe; ``None`` where :meth:`_units` must decide.

        A fast path: for most pieces of most replies it gives the result of :meth:`_units`.
        """
        text = self._text
        if self._in_run or not text.isascii():
            return None
        match = _SAFE_PREFIX.match(text, self._done)
        if match is None or len(text) - match.end(1) >= MAX_BUFFERED:
            return None
        end = match.end(1)
        return None if _may_hold_keyword(text[max(0, self._done - CONTEXT) : end].lower()) else end

    def _release(self, end: int) -> None:
        """Drop the text up to ``end``, except the context of what follows."""
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
            self._in_run = scan and end - self._done == MAX_BUFFERED
            self._release(end)
        return units

    def _cut(self, *, final: bool) -> tuple[int, bool] | None:
        """The end of the next unit and whether to scan it; ``None`` while more text could change that."""
        start = self._done
        if not (self._in_run and _WORD.match(self._text, start)):
            safe, is_open = _safe_end(self._text, start, final=final)
            if safe > start:
                return safe, False
            if is_open:
                return None
        window = self._text[: start + MAX_BUFFERED]
        full = len(window) == start + MAX_BUFFERED
        end = _CandidateRun(window, final=final and not full).end(start, inside=self._in_run)
        if end is not None:
            return end, True
        return (len(window), True) if full else None


def scan_unit(unit: Unit) -> tuple[Span, ...]:
    """The rules' findings in a unit, in offsets of its text."""
    # A finding that begins in the context has been released in part: what is left of it is still a finding.
    before = len(unit.context)
    return tuple(
        replace(span, start=max(0, span.start - before), end=span.end - before)
        for span in apply_rules(unit.context + unit.text)
        if span.end > before
    )


def _safe_end(text: str, start: int, *, final: bool) -> tuple[int, bool]:
    """The end of the text that can be released at once, and whether more text is needed to decide about the rest.

    If no more text is needed, the text ends there, or a word or prefecture follows that must be buffered.
    """
    position = start
    while position < len(text):
        if space := _SPACE.match(text, position):
            position = space.end()
        elif run := _JAPANESE.match(text, position):
            if prefecture := PREFECTURE.search(text, position, run.end()):
                return prefecture.start(), False
            if run.end() == len(text) and not final:
                # The end of the run may be the beginning of a prefecture's name.
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
    """Whether text that is still to come may continue a word."""
    return end == length and not final and end - start < MAX_BUFFERED


def _prefecture_prefix_length(run: str) -> int:
    """Number of characters at the end that may be the beginning of a prefecture's name."""
    return next((size for size in (3, 2, 1) if run[-size:] in PREFECTURE_STARTS), 0)


def _word_end(text: str, start: int) -> int:
    word = _WORD.match(text, start)
    return word.end() if word else start


def _may_be_sensitive(text: str, start: int, end: int) -> bool:
    """Whether a word may begin or continue a finding."""
    word = fold(text[start:end]).text
    if not word or end - start >= MAX_BUFFERED or not _PLAIN.fullmatch(word):
        return True
    line = max(text.rfind("\n", 0, start) + 1, start - CONTEXT)
    lowered = caseless(fold(text[line:start]).text)
    return _may_hold_keyword(lowered) and SECRET_KEYWORD.search(lowered) is not None


def _may_hold_keyword(lowered: str) -> bool:
    """Whether ``SECRET_KEYWORD`` can match in the text: much cheaper than matching it."""
    for stem in SECRET_KEYWORD_STEMS:  # noqa: SIM110  # any() would take a generator, which costs more than the search
        if stem in lowered:
            return True
    return False


class _CandidateRun:
    """Finds the end of a candidate run.

    Args:
        text: the text, as far as the run may reach.
        final: whether the text is complete.
    """

    def __init__(self, text: str, *, final: bool) -> None:
        self._text = text
        self._final = final

    def end(self, start: int, *, inside: bool) -> int | None:
        """The end of the run that begins at ``start``; ``None`` while more text could extend it.

        Args:
            start: the offset of its first word or prefecture.
            inside: whether ``start`` is inside a run already, so that its first word is part of it in any case.
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
        """The start of the run's next word; -1 if the run has ended, ``None`` while more text could continue it."""
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
        """The start of the word after a space if it continues the run; results as for :meth:`_next_word`."""
        text = self._text
        end = _word_end(text, word)
        if end == len(text) and not self._final:
            return None
        if end == word:
            return -1
        grouped = _GROUP.fullmatch(fold(text[word:end]).text)
        return word if grouped or _may_be_sensitive(text, word, end) else -1

    def _after_word(self, start: int) -> int | None:
        """The end of the word, or of the private key that it begins; ``None`` while more text could extend it."""
        end = max(_word_end(self._text, start), start + 1)
        dashes = self._text.find(_PEM_MARKER, start, end)
        if dashes >= 0:
            return self._key_end(dashes, end)
        return None if end == len(self._text) and not self._final else end

    def _key_end(self, dashes: int, word_end: int) -> int | None:
        text = self._text
        if begin := PRIVATE_KEY_BEGIN.match(text, dashes):
            if end_line := PRIVATE_KEY_END.search(text, begin.end()):
                return self._after_end_line(end_line.end())
            return len(text) if self._final else None
        line_open = "\n" not in text[dashes : dashes + _MAX_BEGIN_LINE]
        if line_open and len(text) - dashes < _MAX_BEGIN_LINE and not self._final:
            return None
        return None if word_end == len(text) and not self._final else word_end

    def _after_end_line(self, end: int) -> int | None:
        return None if end == len(self._text) and not self._final else end

    def _address_end(self, start: int) -> int | None:
        """The maximum end of an address that begins here, or at another prefecture within its reach."""
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
