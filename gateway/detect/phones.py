"""Tier 0: telephone numbers.

The numbering plans are those of ``phonenumbers`` (ITU-T E.164 data that Google keeps); it is slow, so
it sees only what looks like a number. Japanese numbers go by their form, whatever has been assigned.
"""

import re
from collections.abc import Iterator
from typing import Final

import phonenumbers

from gateway.detect.base import Span
from gateway.detect.rules import Sight, bare, words

_CONTEXT: Final = words(
    r"phone", r"tel", r"mobile", r"cell", r"fax", r"call", r"contact", r"whatsapp", r"sms", r"hotline",
    r"電話", r"携帯", r"連絡先", r"ファックス", r"直通", r"内線", r"番号は",
)  # fmt: skip
_CANDIDATE: Final = re.compile(
    r"(?<![A-Za-z0-9])(?<![0-9][.:-])[+(]?[+(]?[0-9](?:[ ().\-]{0,2}[0-9]){6,15}"
    r"(?:x[0-9]{1,6})?(?![A-Za-z0-9])"
)
_JAPANESE: Final = re.compile(
    r"(?:0[6-9]0[ -]?[0-9]{4}[ -]?[0-9]{4}|050[ -]?[0-9]{4}[ -]?[0-9]{4}"
    r"|0(?:120|570|800|990)[ -]?[0-9]{2,3}[ -]?[0-9]{3,4}"
    r"|\(?0[0-9]{1,4}(?:\) ?|[ -])\(?[0-9]{1,4}(?:\) ?|[ -])[0-9]{4})"
)
_NORTH_AMERICAN: Final = re.compile(
    r"(?:(?:\+|00)?1[ .-]?)?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[ .-])[2-9][0-9]{2}[ .-][0-9]{4}"
    r"(?:x[0-9]{1,6})?"
)
_DATE: Final = re.compile(
    r"(?:[0-3]?[0-9][-./ ][0-3]?[0-9][-./ ](?:19|20)[0-9]{2}"
    r"|(?:19|20)[0-9]{2}[-./ ][01]?[0-9][-./ ][0-3]?[0-9])(?![0-9])"
)
_IPV4: Final = re.compile(r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}")
_REGIONS: Final = ("JP", "GB", "US")
_FEWEST: Final = 7
_MOST: Final = 15


def phones(sight: Sight) -> Iterator[Span]:
    """Numbers in a form that people write, or with a word such as "call" or 電話 before them."""
    if not sight.has_digit:
        return
    for match in _CANDIDATE.finditer(sight.text):
        score, length = _judge(match[0], told=sight.told(_CONTEXT, match.start()))
        if score:
            yield Span(
                start=match.start(),
                end=match.start() + length,
                entity="PHONE_NUMBER",
                score=score,
                detector="phone",
            )


def _judge(written: str, *, told: bool) -> tuple[float, int]:
    """Score and length of the number that ``written`` begins with; score 0 when there is none."""
    for pattern in (_JAPANESE, _NORTH_AMERICAN):
        if (match := pattern.match(written)) and not _digit_follows(written, match.end()):
            return _form_score(match[0], told=told), match.end()
    if _DATE.match(written) or _IPV4.fullmatch(written):
        return 0.0, 0
    if _valid(written):
        return 0.75, len(written)
    digits = len(bare(written).split("x")[0].lstrip("+"))
    return (0.6 if told and _FEWEST <= digits <= _MOST else 0.0), len(written)


def _digit_follows(written: str, end: int) -> bool:
    return written[end : end + 1].isdigit() or bool(re.match(r"-[0-9]", written[end:]))


def _form_score(written: str, *, told: bool) -> float:
    """Bare digits may be any number; separators, a mobile prefix or a word say that it is one."""
    if not written.isdigit() or told:
        return 0.9
    return 0.75 if len(bare(written)) == 11 else 0.0


def _valid(written: str) -> bool:
    """Whether a numbering plan knows it: with ``+`` or ``00``, or a trunk ``0`` and separators."""
    international = "+" in written[:2] or written.startswith("00")
    if not international and (written.isdigit() or not written.lstrip("(").startswith("0")):
        return False
    number = "+" + written[2:] if written.startswith("00") else written
    return any(_valid_in(number, region) for region in _REGIONS)


def _valid_in(number: str, region: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, region))
    except phonenumbers.NumberParseException:
        return False
