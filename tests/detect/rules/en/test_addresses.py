import pytest

from gateway.detect.rules.en.addresses import AddressRecognizer, addresses
from tests.detect.engine.test_recognizers import artifacts


def found(text: str) -> list[str]:
    """The longest of overlapping addresses, in order."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted(set(addresses(text)), key=lambda span: span[0] - span[1]):
        if not any(start < b and a < end for a, b in kept):
            kept.append((start, end))
    return [text[start:end] for start, end in sorted(kept)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I live at 12 Elm Street.", ["12 Elm Street"]),
        ("Send it to 4100 N 3rd Ave Apt. 4, please", ["4100 N 3rd Ave Apt. 4"]),
        ("12a St. John's Road, London", ["12a St. John's Road"]),
        ("from 4507 Jason Track in Ohio", ["4507 Jason Track"]),
        ("20 Allika 46\n Suite 501\n Riisa", ["20 Allika 46\n Suite 501"]),
        ("Hafnarstræti 5, Reykjavik", ["Hafnarstræti 5"]),
        ("Rue de la Loi 16, Bruxelles", ["Rue de la Loi 16"]),
        ("Erzsébet tér 19", ["Erzsébet tér 19"]),
        ("write to P.O. Box 149", ["P.O. Box 149"]),
        ("PSC 3294, Box 9168\nAPO AA 61487", ["PSC 3294, Box 9168\nAPO AA 61487"]),
        ("Springfield, IL 62704", ["Springfield, IL 62704"]),
        ("my zip code is 610", ["610"]),
        ("Post code: K1A 0B1", ["K1A 0B1"]),
        ("> Suite 967\n> Riisa", ["Suite 967"]),
        ("North Bay, West Virginia 29158-1234", ["North Bay, West Virginia 29158-1234"]),
        ("10 Downing Street, London SW1A 2AA", ["10 Downing Street", "SW1A 2AA"]),
    ],
)
def test_addresses(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no digits on Elm Street",
        "We sold 12 Blue Ray players",
        "Chapter 12 The Long Road",
        "Order 12345 Express Delivery",
        "On 12 March Place your order",
        "raised $12 Main Street investors",
        "version 2.10 Court rulings",
        "section 12 of the act",
        "99 Problems",
        "the 3 Field teams",
        "500 Internal Server Error",
        "HTTP 404 Not Found",
        "see RFC 7231 Section 6",
        "A1 2BC3",
        "WP, OK 123456",
    ],
)
def test_ordinary_text(text: str) -> None:
    assert found(text) == []


def test_it_is_a_recogniser_of_places() -> None:
    (result,) = AddressRecognizer("en").analyze("at 12 Elm Street now", [], artifacts())
    assert (result.entity_type, result.start, result.end) == ("LOCATION", 3, 16)


@pytest.mark.parametrize(
    "text",
    ["1 A" * 20_000, "1 " * 20_000, "A" * 60_000, "12345 " * 10_000, "Aa Bb " * 10_000 + "1"],
)
def test_time_is_bounded(text: str) -> None:
    assert not list(addresses(text))
