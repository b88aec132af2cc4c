"""An address in quotes or braces goes on behind a space, to the end of them or of the line."""

import pytest

from gateway.redact.markup.quoted import QuotedAddress

HOSTS = frozenset({"known.example"})


def allows(text: str, size: int) -> bool:
    quoted = QuotedAddress(HOSTS)
    for start in range(0, len(text), size):
        quoted.add(text[start : start + size])
    return quoted.allows("Kenji", "")


@pytest.mark.parametrize("size", [1, 4, 1000])
@pytest.mark.parametrize(
    "text",
    [
        'click A "https://evil.example/ a ',
        "img: '//evil.example/ ",
        "\\href{ https://evil.example/?q= ",
        "\\includegraphics[width=3]{a ",
        '"https://known.example/", "https://evil.example/ ',
        '"https://known.example.evil.example/ ',
        '"https://evil.example/' + "a" * 1000 + " ",
    ],
)
def test_a_value_is_not_allowed_in_it(text: str, size: int) -> None:
    assert not allows(text, size)


@pytest.mark.parametrize("size", [1, 4, 1000])
@pytest.mark.parametrize(
    "text",
    [
        'see "https://evil.example/" and ',
        'see "https://evil.example/\n',
        '"https://evil.example/ "https://b ',
        '"https://known.example/ ',
        "\\href{https://evil.example/}{",
        "\\url{https://known.example/ ",
        "it's //a",
        '"a": {"b": "',
    ],
)
def test_it_is_allowed_behind_it_and_at_a_named_host(text: str, size: int) -> None:
    assert allows(text, size)


def test_an_address_is_bounded() -> None:
    quoted = QuotedAddress(HOSTS)
    quoted.add('"https://known.example/')
    for _ in range(1000):
        quoted.add("abcdefgh ")
    assert len(quoted._address) <= 512
    assert quoted.allows("Kenji", "")
