"""Check digits and other tests of whether a string is what its form suggests.

Every check takes the characters without separators and returns whether they pass.
"""

import math
from collections import Counter
from ipaddress import ip_address
from typing import Final

_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_MY_NUMBER_WEIGHTS: Final = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_POST_BANK_WEIGHTS: Final = (1, 3, 2, 3, 2, 1, 3, 2, 1, 3, 2, 1)
_IBAN_LENGTHS: Final = {
    entry[:2]: int(entry[2:])
    for entry in (
        "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 "
        "DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 "
        "IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 "
        "MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 "
        "SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30"
    ).split()
}


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1 annex B: payment cards. Every second digit from the right, except the last, is doubled."""
    total = sum(map(int, digits[-1::-2])) + sum(_DOUBLED[int(d)] for d in digits[-2::-2])
    return total % 10 == 0


def iban_length(country: str) -> int:
    """Length of an IBAN of this country (SWIFT IBAN Registry); 0 when the country has none."""
    return _IBAN_LENGTHS.get(country, 0)


def iban(value: str) -> bool:
    """ISO 13616: length of the country, and remainder 1 modulo 97 (ISO/IEC 7064)."""
    if len(value) != iban_length(value[:2]):
        return False
    # Letters count as numbers of two digits, A = 10 to Z = 35, which is their value in base 36.
    moved = value[4:] + value[:4]
    return int("".join(str(int(character, 36)) for character in moved)) % 97 == 1


def my_number(digits: str) -> bool:
    """個人番号: 平成26年総務省令第85号, article 5. Numbers such as 111111111111 are not assigned."""
    if len(digits) != 12 or len(set(digits)) == 1:
        return False
    weighted = sum(w * int(d) for w, d in zip(_MY_NUMBER_WEIGHTS, digits, strict=False)) % 11
    return int(digits[-1]) == (0 if weighted <= 1 else 11 - weighted)


def corporate_number(digits: str) -> bool:
    """法人番号: 平成26年財務省令第70号, article 2; the check digit comes first."""
    if len(digits) != 13:
        return False
    base = digits[:0:-1]
    weighted = sum(int(d) for d in base[::2]) + 2 * sum(int(d) for d in base[1::2])
    return int(digits[0]) == 9 - weighted % 9


def insurer_number(digits: str) -> bool:
    """健康保険の保険者番号, 8 digits or 6 (国保): modulus 10, weights 2 1 (昭和51年保険発第104号)."""
    return len(digits) in (6, 8) and luhn(digits)


def post_bank_account(digits: str) -> bool:
    """ゆうちょ銀行の記号, 5 digits of which the fourth is the check digit, and 番号, at most 8.

    As computed by the script of the bank's page on account numbers (jp-bank.japanpost.jp, ``kouza_1.js``).
    """
    if not 6 <= len(digits) <= 13:
        return False
    base = digits[:3] + digits[4] + digits[5:].zfill(8)
    total = sum(
        _DOUBLED[int(d)] if weight == 2 else weight * int(d)
        for weight, d in zip(_POST_BANK_WEIGHTS, base, strict=True)
    )
    return int(digits[3]) == total % 10


def us_ssn(digits: str) -> bool:
    """A number that the Social Security Administration can have issued."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in ("000", "666") and area[0] != "9" and group != "00" and serial != "0000"


def is_host_address(value: str) -> bool:
    """An IP address that could be someone's: not loopback, unspecified or a mask."""
    try:
        address = ip_address(value)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified or value.startswith("255."))


def entropy(value: str) -> float:
    """Shannon entropy, in bits per character."""
    size = len(value)
    return -sum(n / size * math.log2(n / size) for n in Counter(value).values())
