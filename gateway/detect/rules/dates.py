"""Written dates of the Gregorian calendar (from 1800 on) and of Japanese eras."""

import re
from datetime import date
from typing import Final

_MONTHS: Final = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_ERAS: Final = {
    "明治": (1868, 45), "大正": (1912, 15), "昭和": (1926, 64), "平成": (1989, 31), "令和": (2019, 99),
    "m": (1868, 45), "t": (1912, 15), "s": (1926, 64), "h": (1989, 31), "r": (2019, 99),
}  # fmt: skip
"""First Gregorian year of each era, and the number of its years (元号法, 昭和54年法律第43号)."""

_ERA: Final = r"(?:明治|大正|昭和|平成|令和|[mtshr]) ?(?:元|[0-9]{1,2})(?:年 ?[0-9]{1,2}月 ?[0-9]{1,2}日?|[./-][0-9]{1,2}[./-][0-9]{1,2})"
DATE: Final = (
    r"(?<![0-9a-z])(?:(?:1[89]|20)[0-9]{2}(?:年 ?[0-9]{1,2}月 ?[0-9]{1,2}日?|(?P<s>[./ -])[0-9]{1,2}(?P=s)[0-9]{1,2}|[0-9]{4})"
    rf"|[0-9]{{1,2}}[./ -][0-9]{{1,2}}[./ -](?:1[89]|20)[0-9]{{2}}|[0-9]{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH},? (?:1[89]|20)[0-9]{{2}}"
    rf"|{_MONTH} [0-9]{{1,2}}(?:st|nd|rd|th)?,? (?:1[89]|20)[0-9]{{2}}|{_ERA})(?![0-9])"
)
"""A pattern for a date in lower-cased, folded text. ``(?P=s)`` asks for the same separator twice."""

_NUMBERS: Final = re.compile("[0-9]+")
# A single letter is an era only at the start and before a number: "may 3" begins with a month.
_ERA_NAME: Final = re.compile("明治|大正|昭和|平成|令和|^[mtshr](?= ?[0-9元])")
_MONTH_NAME: Final = re.compile(r"[a-z]{3}")


def is_date(written: str) -> bool:
    """Whether a match of ``DATE`` is a day of the calendar."""
    lowered = written.lower()
    # 元 is the first year of an era.
    numbers = [int(n) for n in _NUMBERS.findall(lowered.replace("元", "1"))]
    if era := _ERA_NAME.search(lowered):
        first, years = _ERAS[era[0]]
        return 1 <= numbers[0] <= years and _is_day(first + numbers[0] - 1, *numbers[1:3])
    if len(numbers) == 1:
        whole = str(numbers[0])
        return _is_day(int(whole[:4]), int(whole[4:6]), int(whole[6:]))
    if len(numbers) == 2:
        month = _MONTHS.index(_month_name(lowered)) + 1
        return _is_day(numbers[1], month, numbers[0])
    first, second, third = numbers
    # No day or month: the year comes first.
    if first > 31:
        return _is_day(first, second, third)
    # Day first, or month first as in the United States: nothing in the text decides, and either is a date.
    return _is_day(third, second, first) or _is_day(third, first, second)


def _month_name(lowered: str) -> str:
    return next(m[0] for m in _MONTH_NAME.finditer(lowered) if m[0] in _MONTHS)


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
