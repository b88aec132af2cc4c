"""The words of a streamed reply: where they end, and which of them may be part of a finding.

Bounds and offsets are of raw text, before folding. A word is what is between white space, kana and kanji.
"""

import re
from typing import Final

from gateway.detect.rules.rule import PLAIN_LETTERS
from gateway.detect.rules.secrets import SECRET_KEYWORD, SECRET_KEYWORD_STEMS
from gateway.text.decoding import decoded_views
from gateway.text.fold import caseless, fold

CONTEXT: Final = 96
"""Characters before a unit that its scan reads: more than any rule looks back."""

_KANA_KANJI: Final = "぀-ゖ゛-ヺヽ-ヿ一-鿿㐀-䶿々〆、。「」『』・…"
_NUMERAL: Final = "〇一二三四五六七八九"
_ESCAPES: Final = ("%", "&", "\\")
"""What escapes begin with."""
_STEMS: Final = (*SECRET_KEYWORD_STEMS, *_ESCAPES)
SPACE: Final = re.compile(r"\s+")
JAPANESE: Final = re.compile(f"[{_KANA_KANJI}ー]+")
# A long-sound mark between digits folds to a hyphen, so it continues a word; at the start it is Japanese.
_WORD: Final = re.compile(f"[^\\s{_KANA_KANJI}ー][^\\s{_KANA_KANJI}]*")
_WORD_REST: Final = re.compile(f"[^\\s{_KANA_KANJI}]*")
# Within a candidate run, kanji numerals are digits.
_RUN_REST: Final = re.compile(f"(?:[^\\s{_KANA_KANJI}]|[{_NUMERAL}])*")
NUMERAL: Final = re.compile(f"[{_NUMERAL}]")
# The raw spellings of what ``text.decoding`` reads as a number in kanji, after folding: a mark or a space between numerals.
_NUMERALS: Final = re.compile(
    rf"[{_NUMERAL}](?:(?:[-‐-―−﹘﹣－⁃˗⸺⸻➖]|[^\S\n])?[{_NUMERAL}\d]){{0,6}}(?:[-‐-―−﹘﹣－⁃˗⸺⸻➖]|[^\S\n])?"
)
_ENOUGH_NUMERALS: Final = 7
# Brackets and emphasis, letters up to the length of a credential, at most one apostrophe, punctuation. What matches can
# neither begin nor continue a finding; 〒 is excluded because a postcode begins with it.
PLAIN: Final = re.compile(
    r"[\"'(*#]{0,4}"
    rf"(?:(?:(?:[A-Za-z]{{1,{PLAIN_LETTERS}}}(?![A-Za-z])|[^\x00-\x7f〒])+(?:'[A-Za-z]{{1,2}})?)?"
    r"[.,;:!?\"')*]{0,6}|[-*#|>=~.:]{1,4})"
)
# Plain words that continue a run nevertheless: groups of capitals (IBAN), bytes in hexadecimal, numerals, and the marks
# that stand alone between digits with spaces.
_JOINS: Final = re.compile(rf"[A-Z]{{1,4}}|[0-9A-Fa-f]{{2}}|[{_NUMERAL}]+|[-(]")


def word_end(text: str, start: int, limit: int, scanned: int = 0) -> int:
    """The end of the word at ``start``; ``start`` itself where none begins.

    Args:
        text: the text.
        start: where the word begins.
        limit: where the text ends.
        scanned: up to where the word is known to go, so that a word which arrives in pieces is read once.
    """
    if scanned > start:
        rest = _WORD_REST.match(text, scanned, limit)
        return rest.end() if rest else scanned
    word = _WORD.match(text, start, limit)
    return word.end() if word else start


def run_word_end(text: str, start: int, limit: int) -> int:
    """The end of the characters from ``start`` on that continue a word of a candidate run."""
    rest = _RUN_REST.match(text, start, limit)
    return rest.end() if rest else start


def may_be_sensitive(text: str, start: int, end: int, longest: int) -> bool:
    """Whether a word may begin or continue a finding.

    Args:
        text: the text.
        start: where the word begins.
        end: where it ends.
        longest: a word of this length is sensitive whatever it holds.
    """
    word = fold(text[start:end]).text
    if not word or end - start >= longest or not PLAIN.fullmatch(word):
        return True
    line = max(text.rfind("\n", max(0, start - CONTEXT), start) + 1, start - CONTEXT, 0)
    folded = fold(text[line:start]).text
    lowered = caseless(folded)
    return may_hold_keyword(lowered) and _holds_keyword(folded, lowered)


def _holds_keyword(folded: str, lowered: str) -> bool:
    """Whether a keyword is in a text, in plain letters or in escapes."""
    if SECRET_KEYWORD.search(lowered):
        return True
    return has_escape(folded, len(folded)) and any(
        SECRET_KEYWORD.search(caseless(view.text)) for view in decoded_views(folded)
    )


def joins(text: str, start: int, end: int, longest: int) -> bool:
    """Whether a word after a space continues a candidate run."""
    return _JOINS.fullmatch(fold(text[start:end]).text) is not None or may_be_sensitive(
        text, start, end, longest
    )


def may_hold_keyword(lowered: str) -> bool:
    """Whether ``SECRET_KEYWORD`` can match in the text, or in what its escapes spell: much cheaper than matching it."""
    for stem in _STEMS:  # noqa: SIM110  # any() would take a generator, which costs more than the search
        if stem in lowered:
            return True
    return False


def has_escape(text: str, end: int) -> bool:
    """Whether the text before ``end`` may hold an escape of the kinds that are decoded."""
    for sign in _ESCAPES:  # noqa: SIM110  # as above
        if text.find(sign, 0, end) >= 0:
            return True
    return False


def numerals(text: str, start: int, limit: int) -> tuple[int, bool]:
    """The end of the kanji numerals at ``start``, and whether they are enough for a number."""
    found = _NUMERALS.match(text, start, limit)
    if found is None:
        return start, False
    digits = sum(character.isalnum() for character in found[0])
    return found.end(), digits >= _ENOUGH_NUMERALS
