from collections.abc import Iterator

import pytest

from gateway.detect.rules.phones import phones_before_label
from gateway.detect.rules.rule import PreparedText
from tests.detect.phone_samples import REGIONS, forms, numbers
from tests.detect.values import of


@pytest.mark.parametrize(
    "number",
    [
        "(488) 376-6173", "202-555-0147", "+1-269-277-1180x123", "001-269-277-1180", "202.555.0147",
        "+44 20 7946 0958", "+81 90-1234-5678", "+81 (0)3-1234-5678", "0044 20 7946 0958", "07911 123456",
        "03-1234-5678", "03(1234)5678", "（03）1234-5678", "０９０－１２３４－５６７８", "090ー1234ー5678",
        "09012345678", "080 9876 5432", "050-1234-5678", "0120-601-464", "0467-12-3456",
    ],
)  # fmt: skip
def test_numbers_in_a_usual_format(number: str) -> None:
    assert of(f"Reach Ann at {number}, please", "PHONE_NUMBER") == [number]
    assert of(f"直通は{number}です", "PHONE_NUMBER") == [number]


@pytest.mark.parametrize("text", ["call 655 43 71089", "tel: 123-4567-89", "phone 21 253 109 8211"])
def test_other_forms_count_after_a_word(text: str) -> None:
    number = text.split(maxsplit=1)[1]
    assert of(text, "PHONE_NUMBER") == [number]
    assert of(f"item {number}", "PHONE_NUMBER") == []


@pytest.mark.parametrize(
    "text",
    ["07-07-2026", "2026-07-07 10:20:30", "192.168.100.200", "order 1732444800000", "call me in 2026", "order 0312345678", "注文番号は0312345678です",
     "version 1.22.333", "12-34-5678-90123-12345", "page 100 200 300", "SKU ZCK-03858-261", "part no. 0928-894"],
)  # fmt: skip
def test_dates_addresses_and_other_numbers_are_none(text: str) -> None:
    assert of(text, "PHONE_NUMBER") == []


def test_two_numbers_side_by_side_are_two() -> None:
    text = "SSN 173-08-0256 (488) 376-6173 or 202-555-0147 03-1234-5678"
    assert of(text, "PHONE_NUMBER") == ["(488) 376-6173", "202-555-0147", "03-1234-5678"]


def _written() -> Iterator[str]:
    for region in REGIONS:
        for number in numbers(region, 40):
            yield from forms(number).values()


@pytest.mark.parametrize("text", ["お客様は{}です", "Reach me at {} please.", "{}"])
def test_T09_every_number_of_five_countries_is_found_in_every_form(text: str) -> None:
    for number in _written():
        assert [n for n in of(text.format(number), "PHONE_NUMBER") if n.endswith(number[-1])], (
            number
        )


@pytest.mark.parametrize("text", ["0312345678", "call 0312345678"])
def test_bare_digits_with_a_trunk_prefix(text: str) -> None:
    assert of(text, "PHONE_NUMBER") == ["0312345678"]


@pytest.mark.parametrize("after", [" office", "-Fax", " (mobile)", ", home"])
def test_a_word_after_a_number_names_it_in_whole_texts(after: str) -> None:
    text = f"APO AA 61487\n416 60 039{after}"
    prepared = PreparedText.of(text, "")
    assert [text[s.start : s.end] for s in phones_before_label(prepared)] == ["416 60 039"]
    assert of(text, "PHONE_NUMBER") == []
