import pytest

from gateway.detect.rules.ruleset import apply_rules
from tests.detect.values import of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mail taro@example.co.jp.", ["taro@example.co.jp"]),
        ("メールはtaro.yamada@example.co.jpです", ["taro.yamada@example.co.jp"]),
        ("'bob@x.org' <ann+tag@mail.example.com>", ["bob@x.org", "ann+tag@mail.example.com"]),
        ("josé@example.com, müller@bücher.example", ["josé@example.com", "müller@bücher.example"]),
        ("not an address: a@b, @example.com, user@", []),
    ],
)
def test_emails(text: str, expected: list[str]) -> None:
    assert of(text, "EMAIL_ADDRESS") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("card 4111 1111 1111 1111 12/25", ["4111 1111 1111 1111"]),
        ("4105-5387-5471-7150", ["4105-5387-5471-7150"]),
        ("378282246310005 and 6759649826438453", ["378282246310005", "6759649826438453"]),
        ("カードは4111111111111111です", ["4111111111111111"]),
        ("my card is 4111 1111 1111 1112", ["4111 1111 1111 1112"]),
        ("4111 1111 1111 1112", []),
        ("order 1732444800000, 5555555555555555555", []),
        ("x4111111111111111", []),
    ],
)
def test_cards(text: str, expected: list[str]) -> None:
    assert of(text, "CREDIT_CARD") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("IBAN GB82 WEST 1234 5698 7654 32 AND MORE", ["GB82 WEST 1234 5698 7654 32"]),
        ("振込先はDE54762677436538891489。", ["DE54762677436538891489"]),
        ("de89370400440532013000", ["de89370400440532013000"]),
        ("GB82 WEST 1234 5698 7654 33", []),
        ("AB12 CDEF", []),
    ],
)
def test_ibans(text: str, expected: list[str]) -> None:
    assert of(text, "IBAN_CODE") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from 192.168.1.20:443", ["192.168.1.20"]),
        ("[2001:db8::8a2e:370:7334]", ["2001:db8::8a2e:370:7334"]),
        ("localhost 127.0.0.1, version 1.2.3, 1.2.3.4.5, at 12:30:45", []),
    ],
)
def test_addresses(text: str, expected: list[str]) -> None:
    assert of(text, "IP_ADDRESS") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("173-08-0256, 173 08 0256", ["173-08-0256", "173 08 0256"]),
        ("SSN: 173080256", ["173080256"]),
        ("173080256", []),
        ("666-08-0256, 173-08-02567", []),
    ],
)
def test_social_security_numbers(text: str, expected: list[str]) -> None:
    assert of(text, "US_SSN") == expected


def test_T08_an_iban_with_a_phone_inside_is_one_iban() -> None:
    assert [(s.entity, s.start, s.end) for s in apply_rules("DE89 3704 0044 0532 0130 00")] == [
        ("IBAN_CODE", 0, 27)
    ]


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("profile: http://www.miller.com/.", "http://www.miller.com/"),
        ("see (https://ray.example.org/a/b?c=d#e).", "https://ray.example.org/a/b?c=d#e"),
        ("「https://例え.jp」 https://example.co.jp/あ", "https://example.co.jp/"),
        ("at https://example.com:8443, and", "https://example.com:8443"),
    ],
)
def test_urls(text: str, url: str) -> None:
    assert of(text, "URL") == [url]


@pytest.mark.parametrize(
    "text", ["http://localhost:8080/x", "https://", "xhttp:/a.b", "http://10.0.0.5/v1"]
)
def test_urls_without_a_domain_are_no_finding(text: str) -> None:
    assert of(text, "URL") == []


def test_a_telephone_number_with_a_plus_is_no_card() -> None:
    assert of("mobile +447700677662", "CREDIT_CARD") == []


def test_a_labelled_ssn_is_no_telephone_number() -> None:
    assert of("SSN is 079-47-4124", "US_SSN") == ["079-47-4124"]
