"""Splits a streamed reply into units that can be scanned; the units do not depend on how the stream was split.

A segmenter does no I/O. Text that can't be part of a rule's finding is released at once. Text that may be is buffered until
it is complete and released in one piece, with the text before it as context. The bounds of ``rules.rule`` make this
possible: a finding is a *candidate run* of words that have a digit, a symbol or many letters, or that follow a secret
keyword; or an address from its prefecture on; or a private key from its first line to its last. An escape or an encoding
makes a word a candidate too, and kanji numerals begin a run, so that a unit holds an encoded value whole.

Each character is read a bounded number of times, however long the buffered text is.
"""

import re
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from gateway.detect.base import Span
from gateway.detect.overlap import resolve_overlaps
from gateway.detect.rules.ja.identifiers import PREFECTURE, PREFECTURE_STARTS
from gateway.detect.rules.ruleset import apply_rules, find, to_original_offsets
from gateway.detect.scan.candidate_run import PEM_BEGIN, CandidateRun
from gateway.detect.scan.words import (
    CONTEXT,
    JAPANESE,
    NUMERAL,
    PLAIN,
    SPACE,
    has_escape,
    may_be_sensitive,
    may_hold_keyword,
    numerals,
    run_word_end,
    word_end,
)
from gateway.text.decoding import DecodedView, decoded_views
from gateway.text.fold import Folded, fold

MAX_BUFFERED: Final = 8192
"""Maximum number of buffered characters. A longer run is cut there, and the rules miss a value across the cut: a
private key of more than 8,000 characters, or a word without spaces of that length."""

_PIECE: Final = 4096
"""A longer piece is taken in parts, so that the buffer, which is copied when text is released, stays small."""
# Possessive (*+): if the rest does not match, giving words back can't make it match, and would only be slow.
_SAFE_PREFIX: Final = re.compile(rf"((?:\s+|(?=\S){PLAIN.pattern}(?=\s))*+)\S*\Z")
"""Plain words and spaces, then at most one unfinished word; for ASCII, which folds to itself."""
_ALL_PLAIN: Final = re.compile(rf"(?:\s+|(?=\S){PLAIN.pattern}(?=\s|\Z))*+\Z")
_LONG_WORD: Final = 64
"""From this length on, an unfinished word is not read again from its beginning."""
_PREFIX_ENDS: Final = frozenset(start[-1] for start in PREFECTURE_STARTS)
"""Last characters of the beginnings of a prefecture's name."""
_PEM_END: Final = "-----END"
# Base64 in lines (MIME, PEM) is decoded as one, so a full line is followed by the next.
_BASE64_LINE: Final = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/]{60,76}\r?\n\Z")
_BASE64_REACH: Final = 79
_HEX_REACH: Final = 24
"""Characters of bytes in hexadecimal that may be in the context: two letters are a plain word, until more bytes follow."""
_SLACK: Final = 512
"""Released text that may remain before the context, so that the buffer is not copied for every piece."""


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


class LineSegmenter:
    """Returns few, long units that end with a line: depth ``patterns`` of a reply that is not streamed.

    To scan a text once costs less than to look for the parts of it that need a scan. A long text is scanned in several units,
    so that no scan takes long. No finding reaches over the end of a line, except in a private key and in lines of base64.

    Args:
        longest: characters of a unit.
    """

    def __init__(self, longest: int = MAX_BUFFERED) -> None:
        self._longest = longest
        self._pieces: list[str] = []
        self._size = 0
        self._before = ""
        self._words: PatternSegmenter | None = None
        """Cuts the rest of a text in which too long a part has no line where it may be cut."""

    def feed(self, text: str) -> list[Unit]:
        if self._words is not None:
            return self._joined(self._words.feed(text))
        self._pieces.append(text)
        self._size += len(text)
        return self._units(self._taken()) if self._size > self._longest else []

    def flush(self) -> list[Unit]:
        text = self._taken()
        if self._words is None:
            return self._unit(text, scan=True)
        units = [*self._words.feed(text), *self._words.flush()]
        self._words = None
        return self._joined(units)

    def _taken(self) -> str:
        text = "".join(self._pieces)
        self._pieces.clear()
        self._size = 0
        return text

    def _units(self, text: str) -> list[Unit]:
        """The units of a text of more than ``longest`` characters; what remains is buffered."""
        units: list[Unit] = []
        start = 0
        while self._words is None and len(text) - start > self._longest:
            end = _line_cut(text, start, start + self._longest)
            units += self._unit(text[start:end], scan=True)
            if end == start:
                self._words = PatternSegmenter(self._before)
            start = end
        if self._words is not None:
            return [*units, *self._joined(self._words.feed(text[start:]))]
        self._pieces.append(text[start:])
        self._size = len(text) - start
        return units

    def _joined(self, units: list[Unit]) -> list[Unit]:
        """One unit for all of them: no finding reaches over the edge of a unit."""
        return self._unit(
            "".join(unit.text for unit in units), scan=any(unit.scan for unit in units)
        )

    def _unit(self, text: str, *, scan: bool) -> list[Unit]:
        if not text:
            return []
        context, self._before = self._before, (self._before + text)[-CONTEXT:]
        scan = scan and not _is_plain(context, text)
        return [Unit(text=text, scan=scan, context=context if scan else "")]


class PatternSegmenter:
    """Buffers only text that may be part of a rule's finding: depth ``patterns`` of a streamed reply.

    Args:
        before: the text before the first piece, at whose end no finding may be open.
    """

    def __init__(self, before: str = "") -> None:
        self._text = before
        self._done = len(before)
        self._word_read = 0
        """How much of an unfinished word after ``_done`` was read."""
        self._run: CandidateRun | None = None
        self._in_run = False
        """Whether the last unit was cut at ``MAX_BUFFERED``, inside a candidate run."""

    def feed(self, text: str) -> list[Unit]:
        if len(text) > _PIECE:
            parts = (text[start : start + _PIECE] for start in range(0, len(text), _PIECE))
            return [unit for part in parts for unit in self.feed(part)]
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
        if self._run or self._in_run or self._word_read > _LONG_WORD or not text.isascii():
            return None
        match = _SAFE_PREFIX.match(text, self._done)
        if match is None or len(text) - match.end(1) > _LONG_WORD:
            return None
        end = match.end(1)
        return None if may_hold_keyword(text[max(0, self._done - CONTEXT) : end].lower()) else end

    def _release(self, end: int) -> None:
        """Drop the text up to ``end``, except the context of what follows."""
        self._done = end
        self._word_read = 0
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
            self._run = None
            self._release(end)
        return units

    def _cut(self, *, final: bool) -> tuple[int, bool] | None:
        """The end of the next unit and whether to scan it; ``None`` while more text could change that."""
        start = self._done
        if self._run is None:
            inside = self._in_run and run_word_end(self._text, start, start + 1) > start
            if not inside:
                safe, is_open = self._safe_end(final=final)
                if safe > start:
                    return safe, False
                if is_open:
                    return None
            self._run = CandidateRun(start, inside=inside, longest=MAX_BUFFERED)
        limit = min(len(self._text), start + MAX_BUFFERED)
        full = limit == start + MAX_BUFFERED
        end = self._run.end(self._text, limit, final=final and not full)
        if end is not None:
            return end, True
        return (limit, True) if full else None

    def _safe_end(self, *, final: bool) -> tuple[int, bool]:
        """The end of the text that can be released at once, and whether more text is needed to decide about the rest.

        If no more text is needed, the text ends there, or something follows that must be buffered.
        """
        text, position = self._text, self._done
        while position < len(text):
            if space := SPACE.match(text, position):
                position = space.end()
            elif JAPANESE.match(text, position) or NUMERAL.match(text, position):
                end, stopped, is_open = _japanese_end(text, position, final=final)
                if stopped:
                    return end, is_open
                position = end
            else:
                scanned = self._done + self._word_read if position == self._done else position
                end = word_end(text, position, len(text), scanned)
                if end == len(text) and not final and end - position < MAX_BUFFERED:
                    # Text that is still to come may continue the word.
                    self._word_read = end - self._done if position == self._done else 0
                    return position, True
                if may_be_sensitive(text, position, end, MAX_BUFFERED):
                    return position, False
                position = end
        return position, False


def scan_unit(unit: Unit) -> tuple[Span, ...]:
    """The rules' findings in a unit and in its decoded views, in offsets of its text."""
    # A finding that begins in the context has been released in part: what is left of it is still a finding.
    before = len(unit.context)
    return tuple(
        replace(span, start=max(0, span.start - before), end=span.end - before)
        for span in _findings(unit.context + unit.text, before)
        if span.end > before
    )


def _findings(text: str, before: int) -> tuple[Span, ...]:
    folded = fold(text)
    own = to_original_offsets(resolve_overlaps(find(folded.text), folded.text), folded)
    # What is encoded in the context alone was in an earlier unit, except for escapes that spell a keyword.
    whole = folded.offsets is not None or has_escape(text, before)
    start = 0 if whole else max(0, before - _HEX_REACH)
    if not decoded_views(folded.text[start:]):
        return own
    decoded = [
        _mapped(span, folded, view)
        for view in decoded_views(folded.text)
        for span in apply_rules(view.text)
    ]
    return resolve_overlaps((*own, *decoded), text) if decoded else own


def _mapped(span: Span, folded: Folded, view: DecodedView) -> Span:
    # A view decodes folded text, so its offsets go through the view first and then through the folding.
    start, end = folded.original(*view.original_span(span.start, span.end))
    return replace(span, start=start, end=end)


def _is_plain(before: str, text: str) -> bool:
    """Whether one regular expression proves that the rules find nothing in the text."""
    plain = text.isascii() and before.isascii() and _ALL_PLAIN.match(text) is not None
    return plain and not may_hold_keyword((before + text).lower())


def _line_cut(text: str, start: int, limit: int) -> int:
    """The end of the last line before ``limit`` where the text may be cut; ``start`` if there is none."""
    end = text.rfind("\n", start, limit) + 1
    if end and text.rfind(PEM_BEGIN, start, end) > text.rfind(_PEM_END, start, end):
        end = text.rfind("\n", start, text.rfind(PEM_BEGIN, start, end)) + 1
    while end and _BASE64_LINE.search(text, max(start, end - _BASE64_REACH), end):
        end = text.rfind("\n", start, end - 1) + 1
    return max(end, start)


def _japanese_end(text: str, start: int, *, final: bool) -> tuple[int, bool, bool]:
    """The end of the kana, kanji and kanji numerals at ``start`` that can be released.

    Returns:
        The offset, whether the safe text ends there, and whether that is because more text is needed.
    """
    run = JAPANESE.match(text, start)
    end = run.end() if run else start + 1
    prefecture = PREFECTURE.search(text, start, end)
    limit = prefecture.start() if prefecture else end
    position = start
    while numeral := NUMERAL.search(text, position, limit):
        after, enough = numerals(text, numeral.start(), len(text))
        if enough:
            return numeral.start(), True, False
        if after == len(text) and not final:
            limit = numeral.start()
            return min(limit, _prefix_start(text, start, limit)), True, True
        position = min(after, limit)
    if prefecture:
        return limit, True, False
    if end == len(text) and not final:
        # The end of the run may be the beginning of a prefecture's name.
        return _prefix_start(text, start, end), True, True
    return end, False, False


def _prefix_start(text: str, start: int, end: int) -> int:
    """Where the end of the text begins that may be the beginning of a prefecture's name."""
    if text[end - 1] not in _PREFIX_ENDS:
        return end
    run = text[max(start, end - 3) : end]
    return next((end - size for size in (3, 2, 1) if run[-size:] in PREFECTURE_STARTS), end)
