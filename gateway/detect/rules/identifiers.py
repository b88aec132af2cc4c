"""Rules for identifiers of no single country, and of the United States."""

import re
from collections.abc import Iterator
from typing import Final

from gateway.detect.base import CERTAIN, Span
from gateway.detect.rules.rule import PreparedText, Rule, context_pattern, strip_separators
from gateway.text.check_digits import iban, iban_length, is_host_address, luhn, us_ssn

_CARD: Final = ("card", "credit", "debit", "visa", "jcb", "カード")
_SSN: Final = ("ssn", "social security", "tax id", "taxid")

RULES: Final = (
    Rule(
        name="email",
        entity="EMAIL_ADDRESS",
        # No \b: it finds no boundary between kana and Latin letters. The counts keep "a@a@a@…" from backtracking.
        pattern=re.compile(
            r"(?<![A-Za-z0-9._%+À-ɏ-])[A-Za-z0-9_%+À-ɏ-][A-Za-z0-9._%+À-ɏ'-]{0,63}@"
            r"(?:[A-Za-z0-9À-ɏ](?:[A-Za-z0-9À-ɏ-]{0,62})\.){1,8}[A-Za-zÀ-ɏ]{2,24}(?![A-Za-z0-9À-ɏ])"
        ),
        score=CERTAIN,
        literals=("@",),
    ),
    Rule(
        name="url",
        entity="URL",
        # The path ends with a word character or "/", so that the full stop or bracket after a URL is not in it.
        pattern=re.compile(
            r"(?<![A-Za-z0-9+.-])(?:https?|ftp)://(?:[A-Za-z0-9À-ɏ-]{1,63}\.){1,8}[A-Za-zÀ-ɏ]{2,24}(?::[0-9]{1,5})?"
            # Nothing follows this nested repetition, so it never fails, and never backtracks.
            r"(?![A-Za-z0-9])(?:[/?#](?:[!#-&*+,./:;=?@~-]*[A-Za-z0-9_/=&%$+#-])*)?"
        ),
        score=0.6,
        literals=("://",),
    ),
    Rule(
        name="card-labelled",
        entity="CREDIT_CARD",
        pattern=re.compile(
            # One separator throughout: where it changes, another number begins.
            r"(?<![A-Za-z0-9])(?:[0-9]{4}([ .-]?)[0-9]{4}\1[0-9]{4}\1[0-9]{4}"
            r"|[0-9]{4}([ .-]?)[0-9]{6}\2[0-9]{5})(?![A-Za-z0-9])"
        ),
        score=0.6,
        numeric=True,
        literals=_CARD,
        context=context_pattern(*_CARD),
    ),
    Rule(
        name="us-ssn",
        entity="US_SSN",
        # The same separator twice: 123-45 6789 is two numbers. Not within a longer group such as 1-123-45-6789.
        pattern=re.compile(
            r"(?<![A-Za-z0-9])(?<![0-9][ -])[0-9]{3}([ -])[0-9]{2}\1[0-9]{4}(?![A-Za-z0-9]|-[0-9])"
        ),
        score=0.85,
        numeric=True,
        check=us_ssn,
    ),
    Rule(
        name="us-ssn-labelled",
        entity="US_SSN",
        pattern=re.compile(
            r"(?<![A-Za-z0-9])(?<![0-9][ -])[0-9]{3}([ -]?)[0-9]{2}\1[0-9]{4}(?![A-Za-z0-9]|-[0-9])"
        ),
        score=0.95,
        numeric=True,
        check=us_ssn,
        literals=_SSN,
        context=context_pattern(*_SSN),
    ),
)

# Issuer prefixes (major industry 3 to 6, Mastercard's 2-series, old JCB) exclude timestamps and most order numbers.
_CARD_START: Final = re.compile(r"(?<![A-Za-z0-9+])(?=(?:[3-6]|2[2-7]|1800|2131)[0-9]*[0-9 -]{11})")
_CARD_LENGTHS: Final = range(12, 20)
_DIGIT_OR_GAP: Final = re.compile(r"[0-9]|[ -](?=[0-9])")

# Not beside a further part: 1.2.3.4.5 is the number of a version.
_IPV4: Final = re.compile(
    r"(?<![A-Za-z0-9.])(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}"
    r"(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(?![A-Za-z0-9]|\.[0-9])"
)
# The look-behinds keep it from starting in the middle of an address, and "(?!:[^:])" at a time such as ":30:15".
_IPV6: Final = re.compile(
    r"(?<![A-Za-z0-9.])(?<![A-Za-z0-9]:)(?<!::)(?!:[^:])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}"
    r"(?![A-Za-z0-9:])"
)
# Begins at the first check digit and looks behind for the country: searching for a digit is faster than for letters.
_IBAN_DIGITS: Final = re.compile(
    r"[0-9](?<=[A-Za-z]{2}.)(?<![A-Za-z0-9]..[0-9])[0-9](?=[ -]?[A-Za-z0-9])"
)
_IBAN_CHARACTERS: Final = re.compile(r"[A-Za-z0-9]|[ -](?=[A-Za-z0-9])")
_IBAN_GROUP: Final = re.compile(r"[A-Z]{1,4}|[A-Za-z]*[0-9][A-Za-z0-9]*")


def addresses(prepared: PreparedText) -> Iterator[Span]:
    """IPv4 and IPv6 addresses that can be a host's."""
    if not prepared.has_digit:
        return
    patterns = [_IPV4] if "." in prepared.text else []
    if ":" in prepared.text:
        patterns.append(_IPV6)
    for pattern in patterns:
        for match in pattern.finditer(prepared.text):
            if is_host_address(match[0]):
                yield Span(
                    start=match.start(),
                    end=match.end(),
                    entity="IP_ADDRESS",
                    score=0.95,
                    detector="ip",
                )


def cards(prepared: PreparedText) -> Iterator[Span]:
    """Payment card numbers of 12 to 19 digits that pass Luhn, also if other digits follow."""
    for first in prepared.matches(_CARD_START):
        for end in _card_ends(prepared.text, first.start()):
            digits = strip_separators(prepared.text[first.start() : end])
            # A row of zeros passes Luhn.
            if len(set(digits)) > 1 and luhn(digits):
                yield Span(
                    start=first.start(),
                    end=end,
                    entity="CREDIT_CARD",
                    score=CERTAIN,
                    detector="card",
                )
                break


def _card_ends(text: str, start: int) -> list[int]:
    """Possible ends of a number of a card's length, longest first: an expiry date or CVC may follow the number."""
    ends, count, position = [], 0, start
    while count < _CARD_LENGTHS[-1] and (step := _DIGIT_OR_GAP.match(text, position)):
        count += step[0].isdigit()
        position = step.end()
        if count in _CARD_LENGTHS and not _word_continues(text, position):
            ends.append(position)
    return ends[::-1]


def ibans(prepared: PreparedText) -> Iterator[Span]:
    """IBANs, whole or in groups. The country determines the length, so text after one is not included."""
    if not prepared.has_digit:
        return
    for digits in _IBAN_DIGITS.finditer(prepared.text):
        start = digits.start() - 2
        end = _iban_end(prepared.text, start)
        if end is None:
            continue
        written = prepared.text[start:end]
        groups = re.split("[ -]", written)
        # A group without a digit is a word of the sentence, unless it can be a bank code (up to four capitals).
        if iban(strip_separators(written).upper()) and all(map(_IBAN_GROUP.fullmatch, groups)):
            yield Span(start=start, end=end, entity="IBAN_CODE", score=CERTAIN, detector="iban")


def _iban_end(text: str, start: int) -> int | None:
    """The end of an IBAN of the country's length, or ``None`` where it is not at the end of a word."""
    left = iban_length(text[start : start + 2].upper())
    position = start
    while left and (step := _IBAN_CHARACTERS.match(text, position)):
        left -= step[0].isalnum()
        position = step.end()
    return None if left or _word_continues(text, position) else position


def _word_continues(text: str, position: int) -> bool:
    """Whether a Latin word or number continues here; kana and kanji do not continue one."""
    following = text[position : position + 1]
    return following.isascii() and following.isalnum()
