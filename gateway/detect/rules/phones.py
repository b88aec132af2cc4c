"""Rules for telephone numbers.

The numbering plans are those of ``phonenumbers`` (ITU-T E.164 data, maintained by Google). It is slow, so it gets only
candidates. Japanese numbers are recognised by their form, whether or not they are assigned.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import phonenumbers

from gateway.detect.base import Span
from gateway.detect.rules.rule import PreparedText, context_pattern, strip_separators

_CONTEXT: Final = context_pattern(
    r"phone", r"tel", r"mobile", r"cell", r"fax", r"call", r"contact", r"whatsapp", r"sms", r"hotline", r"answer", r"reach",
    r"電話", r"携帯", r"連絡先", r"ファックス", r"直通", r"内線", r"(?<![一-龥])番号は",
)  # fmt: skip
# A number that continues another (2024-01-15, 10:30, 1.5.3) is part of a date, a time or a version.
_START: Final = r"(?<![A-Za-z0-9+])(?<![0-9][.:/-])"
_END: Final = r"(?![A-Za-z0-9]|-[0-9])"
# Mobile, IP and service numbers count without separators, since their prefixes are distinctive.
_JAPANESE: Final = re.compile(
    _START + r"(?:0[6-9]0[ -]?[0-9]{4}[ -]?[0-9]{4}|050[ -]?[0-9]{4}[ -]?[0-9]{4}"
    r"|0(?:120|570|800|990)[ -]?[0-9]{2,3}[ -]?[0-9]{3,4}"
    r"|\(?0[1-9][0-9]{0,3}(?:\) ?|[ (-])[0-9]{1,4}(?:\) ?|[ -])[0-9]{4})" + _END
)
# Area codes and exchanges begin with 2 to 9 (North American Numbering Plan).
_NORTH_AMERICAN: Final = re.compile(
    _START + r"(?:(?:\+|00)?1[ .-]?)?(?:\([2-9][0-9]{2}\)[ -]?|[2-9][0-9]{2}[ .-])"
    r"[2-9][0-9]{2}[ .-][0-9]{4}(?:x[0-9]{1,6})?" + _END
)
_AFTER: Final = re.compile(r"[ /\-,(]{1,3}(?:office|fax|mobile|cell|home|work|tel|phone)(?![a-z])")
_OTHER_NUMBER: Final = context_pattern(
    r"order", r"invoice", r"ref", r"id\b", r"no\.", r"number", r"serial", r"ticket", r"case", r"code", r"sku", r"batch", r"lot",
    r"part", r"page", r"注文", r"請求", r"伝票", r"管理", r"受付", r"商品", r"品番", r"コード",
)  # fmt: skip
"""Words that mark the bare digits after them as another kind of number."""

# Bounded counts: a page of digits and spaces must cost linear time.
_CANDIDATE: Final = re.compile(
    _START + r"[+(]{0,2}[0-9](?:[ ().\-]{0,2}[0-9]){6,15}(?:x[0-9]{1,6})?(?![A-Za-z0-9])"
)
_DATE: Final = re.compile(
    r"(?:[0-3]?[0-9][-./ ][0-3]?[0-9][-./ ](?:19|20)[0-9]{2}"
    r"|(?:19|20)[0-9]{2}[-./ ][01]?[0-9][-./ ][0-3]?[0-9])(?![0-9])"
)
_IPV4: Final = re.compile(r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}")
_REGIONS: Final = ("JP", "GB", "US", "FR", "DE")
_BARE_REGIONS: Final = ("JP", "GB", "FR")
"""Regions where a trunk 0 and the right length are already strong evidence."""

_MIN_DIGITS: Final = 7
_LONG: Final = 10
_MIN_NATIONAL_DIGITS: Final = 9
_MAX_DIGITS: Final = 15


def phones(prepared: PreparedText) -> Iterator[Span]:
    """Numbers in a usual telephone format, or after a word such as "call" or 電話."""
    if not prepared.numbers:
        return
    # The formats first: they have higher scores, and what they take is not looked up in the slow numbering plans.
    taken: set[int] = set()
    for pattern in (_JAPANESE, _NORTH_AMERICAN):
        for match in prepared.matches(pattern):
            score = _format_score(match, prepared)
            if (
                score
                and 9 <= len(strip_separators(match[0]).split("x")[0].lstrip("+")) <= _MAX_DIGITS
            ):
                taken.update(range(*match.span()))
                yield _phone(match, score)
    for match in prepared.matches(_CANDIDATE):
        if taken.isdisjoint(range(*match.span())):
            has_context = partial(prepared.has_context, _CONTEXT, match.start())
            score = _plan_score(match[0], has_context) or _undelimited_score(match, prepared)
            if score:
                yield _phone(match, score)


def _phone(match: re.Match[str], score: float) -> Span:
    start, end = match.span()
    return Span(start=start, end=end, entity="PHONE_NUMBER", score=score, detector="phone")


def _plan_score(written: str, has_context: Callable[[], bool]) -> float:
    """The score that a numbering plan, or a word before the number, gives it; 0 for none."""
    if _DATE.match(written) or _IPV4.fullmatch(written):
        return 0.0
    if _valid(written):
        return 0.75
    digits = len(strip_separators(written).split("x")[0].lstrip("+"))
    if written[0] == "+" and _LONG <= digits <= _MAX_DIGITS:
        return 0.6
    return 0.6 if _MIN_DIGITS <= digits <= _MAX_DIGITS and has_context() else 0.0


def phones_before_label(prepared: PreparedText) -> Iterator[Span]:
    """Numbers that a word after them labels (``416 60 039 office``); for whole texts only, since context follows."""
    for match in prepared.matches(_CANDIDATE):
        if _AFTER.match(prepared.lowered, match.end()) and _plan_score(match[0], lambda: True):
            yield _phone(match, 0.6)


def _undelimited_score(match: re.Match[str], prepared: PreparedText) -> float:
    """The score of bare digits that are valid with a trunk 0, unless a word before them marks another number."""
    written = match[0]
    if not (
        # 00 is the prefix of international numbers.
        written.isdigit() and written[0] == "0" and written[1] != "0" and 10 <= len(written) <= 11
    ):
        return 0.0
    if prepared.has_context(_OTHER_NUMBER, match.start()):
        return 0.0
    return 0.5 if any(_valid_in(written, region) for region in _BARE_REGIONS) else 0.0


def _format_score(match: re.Match[str], prepared: PreparedText) -> float:
    """The score of a number's format. Bare digits count only with a context word or a mobile number's length."""
    written = match[0]
    if not written.isdigit() or prepared.has_context(_CONTEXT, match.start()):
        return 0.9
    return 0.75 if len(strip_separators(written)) == 11 else 0.0


def _valid(written: str) -> bool:
    """Whether it is valid in a numbering plan: with ``+`` or ``00``, or with a trunk ``0`` and separators."""
    international = "+" in written[:2] or written.startswith("00")
    if not international and not _is_national(written):
        return False
    number = "+" + written[2:] if written.startswith("00") else written
    regions = (
        _REGIONS[:1] if international else _REGIONS
    )  # with a country code, the region is ignored
    return any(_valid_in(number, region) for region in regions)


def _is_national(written: str) -> bool:
    """Whether it has a trunk 0, separators, and more digits than a part number."""
    digits = sum(map(str.isdigit, written))
    return written.lstrip("(")[0] == "0" and _MIN_NATIONAL_DIGITS <= digits < len(written)


def _valid_in(number: str, region: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, region))
    except phonenumbers.NumberParseException:
        return False
