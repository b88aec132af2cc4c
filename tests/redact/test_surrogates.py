"""Surrogates: of the same form, true to their check digits, the same each time, and nobody's."""

import re
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.redact.surrogates import Surrogates
from gateway.text.check_digits import iban, luhn, my_number
from gateway.text.request_text import RequestText
from tests.redact.samples import KEY


def made(entity: str, value: str, *texts: str) -> str:
    surrogate = Surrogates(KEY, RequestText(texts)).make(entity, value, lambda _: True)
    assert surrogate is not None
    return surrogate


@pytest.mark.parametrize(
    ("entity", "value", "form"),
    [
        ("PERSON", "Kenji Tanaka", r"[A-Z][a-z]{4,} [A-Z][a-z]{4,}"),
        ("PERSON", "Dr. TANAKA", r"Dr\. [A-Z]{5,}"),
        ("PERSON", "田中健二", r"[\u3400-\u9fff]{4}"),
        ("PERSON", "タナカ ケンジ", r"[ア-ワ]{3} [ア-ワ]{3}"),
        ("PERSON", "José Núñez", r"[A-Z][a-z]+ [A-Z][a-z]+"),
        ("LOCATION", "12 Baker Street", r"[1-9][0-9] [A-Z][a-z]+ Street"),
        ("JP_ADDRESS", "東京都千代田区1-2-3", r"..都...区[1-9]-[0-9]-[0-9]"),
        ("EMAIL_ADDRESS", "aiko.y@corp.example", r"[a-z]{4}\.[a-z]@example\.(com|net|org)"),
        ("PHONE_NUMBER", "+81 90-1234-5678", r"\+81 [0-9]{2}-[0-9]{4}-[0-9]{4}"),
        ("PHONE_NUMBER", "０９０－１２３４", r"０[０-９]{2}－[０-９]{4}"),
        ("CREDIT_CARD", "4111 1111 1111 1111", r"[1-9][0-9]{3}( [0-9]{4}){3}"),
        ("IBAN_CODE", "GB82 WEST 1234 5698 7654 32", r"GB\d\d [A-Z]{4} \d{4} \d{4} \d{4} \d\d"),
        ("DATE_TIME", "1984-03-07", r"19(7[5-9]|8[0-3])-(0[1-9]|1[0-2])-([01][0-9]|2[0-8])"),
        (
            "URL",
            "https://intra.corp.example/a1?b",
            r"https://[a-z]{6}\.example\.\w+/[a-z][1-9]\?[a-z]",
        ),
        ("IP_ADDRESS", "10.1.2.3", r"[0-9.]+"),
        ("IP_ADDRESS", "fd00::1", r"2001:db8::[0-9a-f]{4}:[0-9a-f]{4}"),
        ("US_SSN", "536-90-4399", r"[0-9]{3}-[0-9]{2}-[0-9]{4}"),
        ("JP_MY_NUMBER", "123456789018", r"[1-9][0-9]{11}"),
        ("SECRET_API_KEY", "sk-Ab12", r"[a-z]{2}-[A-Z][a-z][0-9]{2}"),
    ],
)
def test_the_form_stays(entity: str, value: str, form: str) -> None:
    surrogate = made(entity, value)
    assert re.fullmatch(form, surrogate), surrogate
    assert surrogate != value


@given(st.integers(0, 10**15))
def test_check_digits_are_true(number: int) -> None:
    card = next(f"{number:015}{d}" for d in range(10) if luhn(f"{number:015}{d}"))
    assert luhn(made("CREDIT_CARD", card))
    assert my_number(made("JP_MY_NUMBER", "123456789018"))
    assert iban(made("IBAN_CODE", "DE89370400440532013000"))


def test_a_value_that_is_not_true_needs_no_proof() -> None:
    assert len(made("CREDIT_CARD", "4111111111111112")) == 16


def test_hosts_are_those_of_documentation() -> None:
    nets = [ip_network(n) for n in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]
    address = ip_address(made("IP_ADDRESS", "8.8.8.8"))
    assert any(address in net for net in nets)


def test_T17_the_same_value_has_the_same_surrogate_under_one_key() -> None:
    assert made("PERSON", "Tanaka") == made("PERSON", "Tanaka")
    other = Surrogates(b"o" * 32, RequestText(())).make("PERSON", "Tanaka", lambda _: True)
    assert other != made("PERSON", "Tanaka")


def test_T16_two_values_have_two_surrogates() -> None:
    maker = Surrogates(KEY, RequestText(()))
    given_out = {maker.make("JP_BANK_ACCOUNT", str(n), lambda _: True) for n in range(1000, 1090)}
    assert len(given_out) == 90


def test_a_surname_alone_is_the_surname_of_the_whole_name() -> None:
    maker = Surrogates(KEY, RequestText(()))
    whole = maker.make("PERSON", "Kenji Tanaka", lambda _: True)
    assert whole is not None
    assert maker.make("PERSON", "Tanaka", lambda _: True) != whole.split()[0]
    assert maker.parts[whole.split()[1]] == "Tanaka"


def test_what_the_request_holds_is_no_surrogate() -> None:
    first = made("PERSON", "Tanaka")
    assert made("PERSON", "Tanaka", f"We asked {first.lower()}.") != first


def test_nothing_fits() -> None:
    assert Surrogates(KEY, RequestText(())).make("PERSON", "Tanaka", lambda _: False) is None
    assert Surrogates(KEY, RequestText(())).make("ID", "-----", lambda _: True) is None


@pytest.mark.parametrize("value", ["", "K.", "42", "林"])
def test_what_could_be_any_text_has_none(value: str) -> None:
    assert Surrogates(KEY, RequestText(())).make("PERSON", value, lambda _: True) is None


@given(st.text(max_size=60), st.sampled_from(["PERSON", "EMAIL_ADDRESS", "URL", "IP_ADDRESS", "X"]))
def test_any_text_has_a_surrogate_or_none(value: str, entity: str) -> None:
    surrogate = Surrogates(KEY, RequestText(())).make(entity, value, lambda _: True)
    assert surrogate is None or surrogate.casefold() != value.casefold()


def test_a_request_has_so_many_and_the_search_for_them_is_bounded() -> None:
    maker = Surrogates(KEY, RequestText(()))
    made = [maker.make("ID", f"{n:08}", lambda _: True) for n in range(600)]
    assert sum(one is not None for one in made) == 500
    tried: list[str] = []
    impatient = Surrogates(KEY, RequestText(()))
    for n in range(40):
        assert impatient.make("ID", f"{n:08}", tried.append) is None  # type: ignore[arg-type]
    assert len(tried) == 30_000


def test_a_long_text_is_not_searched_for_ever() -> None:
    maker = Surrogates(KEY, RequestText(["word " * 400_000]))
    made = [maker.make("ID", f"{n:08}", lambda _: True) for n in range(300)]
    assert 0 < sum(one is not None for one in made) < 300


def test_a_value_that_is_too_long_has_none() -> None:
    assert Surrogates(KEY, RequestText(())).make("ID", "1" * 257, lambda _: True) is None
