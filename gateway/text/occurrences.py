"""Finds known values in a text, by one rule for propagation, generated values and the wire check.

Texts are compared folded (``fold``), without case, with any run of white space as one space; in a value that is mostly
digits, separators between digits do not count. A match may not be inside a longer run of its own kind: letters next to
letters, digits next to digits, katakana next to katakana. Kanji and hiragana have no boundaries.

Minimum lengths keep short values from matching everywhere: three characters with a letter among them, two kanji or kana, or
four digits. A name that
is also an English word matches only in the case in which it was found.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gateway.text.fold import caseless, fold
from gateway.text.string_set import StringSet

_RUN = re.compile(r"\s\s+")
_SPACE = re.compile(r"\s")
# Look-arounds keep the digits out of the match: each may border two separators, as 2 does in "1-2-3".
_SEPARATORS = re.compile(r"(?<=[0-9])[ \-.()/]+(?=[0-9])")
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


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalizedText:
    """A text in the form in which values are searched for; ``None`` offsets are identity."""

    text: str = field(repr=False)
    cased: str = field(repr=False)
    offsets: Sequence[int] | None

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The range of the original text, which ends with the last character."""
        if self.offsets is None:
            return start, end
        # Not the offset of the next character: dropped characters may be between the two.
        return self.offsets[start], self.offsets[end - 1] + 1


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

    def find(self, texts: Sequence[str]) -> list[Occurrence]:
        """Every occurrence in every text, in no particular order; occurrences may overlap."""
        if not self:
            return []
        views = [normalized(text) for text in texts]
        plain, cased, digits = self._needles
        return [
            *self._find_words(views, [view.text for view in views], plain, self._plain),
            *self._find_words(views, [view.cased for view in views], cased, self._cased),
            *self._find_digits(views, digits),
        ]

    def contains(self, text: str) -> bool:
        """Whether any of the values occurs in the text."""
        return bool(self.find([text]))

    def _add(self, value: str) -> None:
        view = normalized(value.strip())
        letters, digits, cjk = _counts(view.text)
        if digits >= _DIGITS and digits >= _DIGIT_SHARE * (letters + digits + cjk):
            self._digits.setdefault(_SEPARATED.sub("", view.text), []).append(value)
        elif (letters and letters + digits >= _LETTERS) or cjk >= _CJK or (letters and cjk):
            if view.text in COMMON_WORDS:
                self._cased.setdefault(view.cased, []).append(value)
            else:
                self._plain.setdefault(view.text, []).append(value)

    def _find_words(
        self,
        views: list[NormalizedText],
        texts: list[str],
        needles: StringSet,
        values: dict[str, list[str]],
    ) -> Iterable[Occurrence]:
        if not needles:
            return
        # One search over all texts. NUL is of no kind, so the ends of a text are boundaries.
        joined, starts = "\0".join(texts), _starts(views)
        for start, end in needles.find(joined):
            if at_boundaries(joined, start, end):
                for value in values[joined[start:end]]:
                    yield _occurrence(views, starts, start, end, value)

    def _find_digits(self, views: list[NormalizedText], needles: StringSet) -> Iterable[Occurrence]:
        if not needles:
            return
        compact = [_compact(view) for view in views]
        joined, starts = "\0".join(view.text for view in compact), _starts(compact)
        for start, end in needles.find(joined):
            for value in self._digits[joined[start:end]]:
                found = _occurrence(compact, starts, start, end, value)
                if _is_separate_number(views[found.text], found):
                    yield found


def _counts(text: str) -> tuple[int, int, int]:
    """How many letters, digits, and kanji or kana."""
    digits = sum(map(str.isdigit, text))
    if text.isascii():
        return sum(map(str.isalpha, text)), digits, 0
    letters = sum(c.isalpha() and not _is_cjk(c) for c in text)
    return letters, digits, sum(map(_is_cjk, text))


def normalized(text: str) -> NormalizedText:
    """The text folded, without case (and with it), any run of white space as one space."""
    folded = fold(text)
    plain, offsets = _SPACE.sub(" ", folded.text), folded.offsets
    if _RUN.search(plain):
        retained = [i for i, c in enumerate(plain) if c != " " or i == 0 or plain[i - 1] != " "]
        offsets = [i if offsets is None else offsets[i] for i in retained] + [len(text)]
        plain = "".join(plain[i] for i in retained)
    return NormalizedText(text=caseless(plain), cased=plain, offsets=offsets)


def _compact(view: NormalizedText) -> NormalizedText:
    """The view without separators between digits."""
    pieces: list[str] = []
    offsets: list[int] = []
    position = 0
    for match in _SEPARATORS.finditer(view.text):
        pieces.append(view.text[position : match.start()])
        offsets.extend(range(position, match.start()))
        position = match.end()
    if not pieces:
        return view
    pieces.append(view.text[position:])
    offsets.extend(range(position, len(view.text) + 1))
    text = "".join(pieces)
    original = offsets if view.offsets is None else [view.offsets[i] for i in offsets]
    return NormalizedText(text=text, cased=text, offsets=original)


def _starts(views: list[NormalizedText]) -> list[int]:
    starts = [0]
    for view in views:
        starts.append(starts[-1] + len(view.text) + 1)
    return starts


def _occurrence(
    views: list[NormalizedText], starts: list[int], start: int, end: int, value: str
) -> Occurrence:
    index = bisect_right(starts, start) - 1
    first, last = views[index].original(start - starts[index], end - starts[index])
    return Occurrence(text=index, start=first, end=last, value=value)


def at_boundaries(text: str, start: int, end: int) -> bool:
    """Whether ``start:end`` is not inside a longer run of its own kind."""
    before = text[start - 1] if start else "\0"
    after = text[end] if end < len(text) else "\0"
    return not (_same_kind(before, text[start]) or _same_kind(text[end - 1], after))


def _is_separate_number(view: NormalizedText, found: Occurrence) -> bool:
    """Whether no digit is next to the match in the text with its separators."""
    # In the text with separators: without them, "12-34" next to "5" would look like one longer number.
    if view.offsets is None:
        before = view.text[found.start - 1 : found.start]
        return not (before.isdigit() or view.text[found.end : found.end + 1].isdigit())
    start = bisect_right(view.offsets, found.start) - 1
    end = bisect_right(view.offsets, found.end - 1)
    return not (
        view.text[max(0, start - 1) : start].isdigit() or view.text[end : end + 1].isdigit()
    )


def _same_kind(left: str, right: str) -> bool:
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
