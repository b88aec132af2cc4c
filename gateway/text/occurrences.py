"""Finds known values in a text, by one rule for propagation, generated values and the wire check.

Texts are compared folded (``fold``), without case, with any run of white space as one space; in a value that is mostly
digits, separators between digits do not count. A match may not be inside a longer run of its own kind: letters next to
letters, digits next to digits, katakana next to katakana. Kanji and hiragana have no boundaries.

Minimum lengths keep short values from matching everywhere: three letters or digits with a letter among them, two kanji or
kana, or four digits. Fewer digits alone, such as a house number, are in most numbered lists by chance. A name that is
also an English word matches only in the case in which it was found.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from gateway.text.normalized import normalized
from gateway.text.request_text import RequestText
from gateway.text.string_set import StringSet

_SEPARATED = re.compile(r"[ \-.()/]")
_LETTERS, _CJK, _DIGITS = 3, 2, 4
_DIGIT_SHARE = 0.6

COMMON_WORDS = frozenset(
    "abbey abbot amber angel april archer art august autumn baker banks barber barker bass bay bean bear bell "
    "berry best bill bird bishop black bloom blue bob bond booth bowl boy brand bridge bright brook brown bull "
    "burns bush butler cannon carol carpenter carry carter cash castle chance chandler charity chase chef "
    "christian chuck church clay cliff close coffee cole college colon cook cooper corn cotton craft crane cross "
    "crown crystal daisy dale dawn day deal dean denver dick dollar dolphin draper drew driver drummer duke earl "
    "early east edge english eve ever fair faith farmer farrow field fields finch fisher flint flower ford forest "
    "forester foster fountain fox frank franklin free freeman french friend frost fuller gale garden gardener "
    "gates gem gene german gift ginger glass glen gold golden good gore grace grand grant graves gray green guard "
    "guest gunner hale hall hammer hand hardy harmony harp hart haven hawk hay hazel head heart hearts heath "
    "heaven henry herb heron high hill hire holder holly hood hook hooks hope house hull hunt hunter hurt iris "
    "irish ivy jack jade jasmine jean john jolly jones joy june justice keen keys kid kind king kitchen knight "
    "lake lamb lance lane last law lawn leaf ledger lee light lily little lock long lord lou love lowe lucky "
    "major maker manager manners marble march mark marsh marshal marshall martin mason master may means mercy "
    "merry miles milky mill miller mist monday money moody moon moor moore moss mount myth nail nash neat new "
    "nick night noble noon norm north nurse oak ocean olive oliver orchard otter page painter palm palmer paris "
    "parish park parker pass pat patience peace peak pearl penny pepper perry pierce pike piper pitt place plant "
    "plumber pond pool poor pope porter potter pound power price prince prior pure purple queen quick quill rain "
    "rainbow raven ray reader reed rich richer ridge ring rivers road rob robin rock rocky rod roll roman roof "
    "roots rose ruby rusty sage sailor saint salmon sandy savage saw school scout seal sergeant sharp shepherd "
    "short silver singer skinner sky slaughter slope small smith snow south spark spears speed spring star steel "
    "sterling stern stocks stone storm street strong sue summer summers sun sunday sunny swan sweet swift table "
    "tailor tanner taylor temple thorn tiger tower town trace train tree trinity trust turner underwood urban "
    "vale valentine van vicar victor victory violet virginia wade wagner walker wall walter ward warden warner "
    "washington waters watts way weaver weeks wells west wheeler white whitehouse wild wilder will winter wise "
    "wolf wolfe wood woods works worth wren wright yard york young".split()
)
"""English words that are also names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """``value`` is at ``start:end`` of the text with index ``text``, in original offsets."""

    text: int
    start: int
    end: int
    value: str = field(repr=False)


class Occurrences:
    """Searches texts for a set of values.

    Args:
        values: the values as they were found; those below the minimum lengths are never reported.
    """

    def __init__(self, values: Iterable[str]) -> None:
        self._plain: dict[str, list[str]] = {}
        self._cased: dict[str, list[str]] = {}
        self._digits: dict[str, list[str]] = {}
        for value in dict.fromkeys(values):
            self._add(value)
        self._needles = [StringSet(kind) for kind in (self._plain, self._cased, self._digits)]

    def __bool__(self) -> bool:
        return any(self._needles)

    def find(self, texts: RequestText | Sequence[str]) -> list[Occurrence]:
        """Every occurrence in every text, in no particular order; occurrences may overlap.

        Of more than ``string_set.MAX_NESTED`` values that end with each other, only the shortest are reported. Such an
        occurrence may begin earlier, so that it covers those that it stands for.
        """
        if not self:
            return []
        return list(self._find(texts if isinstance(texts, RequestText) else RequestText(texts)))

    def contains(self, text: RequestText | str) -> bool:
        """Whether any of the values occurs in the text."""
        searched = text if isinstance(text, RequestText) else RequestText([text])
        return bool(self) and next(self._find(searched), None) is not None

    def _add(self, value: str) -> None:
        view = normalized(value.strip())
        letters, digits, cjk = _counts(view.text)
        if digits >= _DIGITS and digits >= _DIGIT_SHARE * (letters + digits + cjk):
            self._digits.setdefault(_SEPARATED.sub("", view.text), []).append(value)
        elif _is_specific(letters, digits, cjk):
            if view.text in COMMON_WORDS:
                self._cased.setdefault(view.cased, []).append(value)
            else:
                self._plain.setdefault(view.text, []).append(value)

    def _find(self, request: RequestText) -> Iterator[Occurrence]:
        plain, cased, digits = self._needles
        if plain:
            yield from _words(request, request.normalized.text, plain, self._plain)
        if cased:
            yield from _words(request, request.normalized.cased, cased, self._cased)
        if digits:
            yield from _numbers(request, digits, self._digits)


def _words(
    request: RequestText, text: str, needles: StringSet, values: dict[str, list[str]]
) -> Iterator[Occurrence]:
    boundaries = _Boundaries(text)
    for found_start, end, needle in needles.find(text):
        nested = needle in needles.nested
        start = boundaries.next(found_start, end) if nested else found_start
        if start < end and at_boundaries(text, start, end):
            yield from _located(request, start, end, values[needle])


def _numbers(
    request: RequestText, needles: StringSet, values: dict[str, list[str]]
) -> Iterator[Occurrence]:
    written, compact = request.normalized.text, request.compact
    boundaries = _Boundaries(written)
    for found_start, found_end, needle in needles.find(compact.text):
        start, end = compact.original(found_start, found_end)
        if needle in needles.nested:
            start = boundaries.next(start, end)
        # In the text with separators: without them, "12-34" next to "5" would look like one longer number.
        cut = written[start - 1 : start].isdigit() or written[end : end + 1].isdigit()
        if start < end and not cut:
            yield from _located(request, start, end, values[needle])


class _Boundaries:
    """Where the words of a text end. Reads no character twice for the same start."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._known = -1, -1

    def next(self, start: int, end: int) -> int:
        """``start``, or where the word that it is inside of ends, at most ``end``."""
        position = self._known[1] if self._known[0] == start else start
        while 0 < position < end and same_kind(self._text[position - 1], self._text[position]):
            position += 1
        self._known = start, position
        return position


def _located(
    request: RequestText, start: int, end: int, values: Iterable[str]
) -> Iterator[Occurrence]:
    located = request.locate(start, end)
    if located is not None:
        index, first, last = located
        for value in values:
            yield Occurrence(text=index, start=first, end=last, value=value)


def _is_specific(letters: int, digits: int, cjk: int) -> bool:
    """Whether a value that is not a number is worth a search."""
    if letters or cjk:
        return letters + digits >= _LETTERS or cjk >= _CJK or bool(letters and cjk)
    return digits >= _DIGITS


def _counts(text: str) -> tuple[int, int, int]:
    """How many letters, digits, and kanji or kana."""
    digits = sum(map(str.isdigit, text))
    if text.isascii():
        return sum(map(str.isalpha, text)), digits, 0
    letters = sum(c.isalpha() and not _is_cjk(c) for c in text)
    return letters, digits, sum(map(_is_cjk, text))


def at_boundaries(text: str, start: int, end: int) -> bool:
    """Whether ``start:end`` is not inside a longer run of its own kind."""
    before = text[start - 1] if start else "\0"
    after = text[end] if end < len(text) else "\0"
    return not (same_kind(before, text[start]) or same_kind(text[end - 1], after))


def same_kind(left: str, right: str) -> bool:
    """Whether two neighbours are of one word or number: both letters, both digits or both katakana."""
    kind = _kind(left)
    return kind != "" and kind == _kind(right)


def _kind(character: str) -> str:
    if character.isdigit():
        return "digit"
    if "ァ" <= character <= "ヿ":
        return "katakana"
    if character.isalpha() and not _is_cjk(character):
        return "letter"
    return ""


def _is_cjk(character: str) -> bool:
    return (
        "\u3040" <= character <= "\u30ff"
        or "\u3400" <= character <= "\u9fff"
        or character in "々〆"
        or "\U00020000" <= character <= "\U0003ffff"
    )
