import re

import pytest

from gateway.detect.rules.dates import DATE, is_date


@pytest.mark.parametrize(
    "written",
    [
        "1985-04-01", "1985/4/1", "1.4.1985", "01/04/1985", "04/23/1985", "23/04/1985", "19850401", "1985年4月1日",
        "昭和60年4月1日", "平成元年1月8日", "S60.4.1", "h1/1/8", "令和5年12月31日", "1 April 1985", "1st of April 1985",
        "April 1, 1985", "Sept. 3rd, 2001", "29 February 2024",
    ],
)  # fmt: skip
def test_days_of_the_calendar(written: str) -> None:
    match = re.fullmatch(DATE, written.lower())
    assert match is not None
    assert is_date(written)


@pytest.mark.parametrize(
    "written",
    [
        "1985-13-01", "1985-02-30", "31/31/1985", "19851301", "昭和65年1月1日", "昭和60年13月1日", "30 February 2024",
        "大正16年1月1日",
    ],
)  # fmt: skip
def test_other_numbers_in_the_same_form_are_none(written: str) -> None:
    assert re.fullmatch(DATE, written.lower())
    assert not is_date(written)
