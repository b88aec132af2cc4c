"""Telephone numbers that are valid in their numbering plans, in the usual notations."""

from collections.abc import Iterator
from random import Random
from typing import Final

import phonenumbers

REGIONS: Final = ("JP", "US", "GB", "DE", "FR")
_TYPES: Final = (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE)
_FORMATS: Final = (
    phonenumbers.PhoneNumberFormat.NATIONAL,
    phonenumbers.PhoneNumberFormat.INTERNATIONAL,
    phonenumbers.PhoneNumberFormat.E164,
)


def numbers(region: str, count: int, seed: int = 5) -> Iterator[str]:
    """Written numbers of a region: national, international and E.164 in turn."""
    random = Random(f"{region}{seed}")  # samples that are the same each time
    made = 0
    while made < count:
        example = phonenumbers.example_number_for_type(region, random.choice(_TYPES))
        if example is None:
            continue
        national = str(example.national_number)
        kept = random.randint(2, 4)
        tail = "".join(random.choices("0123456789", k=len(national) - kept))
        number = phonenumbers.PhoneNumber(
            country_code=example.country_code, national_number=int(national[:kept] + tail)
        )
        if phonenumbers.is_valid_number_for_region(number, region):
            yield phonenumbers.format_number(number, _FORMATS[made % len(_FORMATS)])
            made += 1


def _wide(written: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in written)


def forms(written: str) -> dict[str, str]:
    """The same number in other characters."""
    return {
        "plain": written,
        "full-width": _wide(written),
        "spaced": written.replace("-", " "),
        "dashed": written.replace(" ", "-"),
        "zero-width": "\u200b".join(written),
        "mixed": "".join(_wide(c) if i % 2 else c for i, c in enumerate(written)).replace("-", "−"),
    }
