"""Check digits against published vectors, and against every one-digit error."""

from collections.abc import Callable
from random import Random

import pytest

from gateway.text import check_digits

VALID: list[tuple[Callable[[str], bool], str]] = [
    (check_digits.luhn, "4111111111111111"),
    (check_digits.luhn, "378282246310005"),
    (check_digits.luhn, "30569309025904"),
    (check_digits.luhn, "6759649826438453"),
    (check_digits.my_number, "123456789018"),
    (check_digits.corporate_number, "7000012050002"),
    (check_digits.corporate_number, "1180301018771"),
    (check_digits.insurer_number, "01130012"),
    (check_digits.post_bank_account, "1239001234561"),
    (check_digits.post_bank_account, "1001012345671"),
]


@pytest.mark.parametrize(("check", "number"), VALID)
def test_published_numbers_pass(check: Callable[[str], bool], number: str) -> None:
    assert check(number)


@pytest.mark.parametrize(
    ("check", "number"), [v for v in VALID if v[0] is not check_digits.my_number]
)
def test_one_wrong_digit_fails(check: Callable[[str], bool], number: str) -> None:
    for place, digit in enumerate(number):
        for wrong in set("0123456789") - {digit}:
            altered = number[:place] + wrong + number[place + 1 :]
            if check is check_digits.corporate_number and {digit, wrong} == {"0", "9"} and place:
                continue  # they are equal modulo 9
            assert not check(altered), altered


def test_a_wrong_check_digit_of_my_number_fails() -> None:
    assert [d for d in "0123456789" if check_digits.my_number("12345678901" + d)] == ["8"]


@pytest.mark.parametrize("number", ["111111111111", "000000000000", "12345678901", "1234567890188"])
def test_an_unassigned_my_number_fails(number: str) -> None:
    assert not check_digits.my_number(number)


@pytest.mark.parametrize("number", ["12390", "", "10010123456789"])
def test_what_is_too_short_or_long_is_no_account_of_the_post_bank(number: str) -> None:
    assert not check_digits.post_bank_account(number)
    assert check_digits.post_bank_account("123901234561")  # a shorter 番号 is filled up with zeros


@pytest.mark.parametrize(
    "value",
    [
        "GB82WEST12345698765432",
        "DE89370400440532013000",
        "NO9386011117947",
        "MT84MALT011000012345MTLCAST001S",
    ],
)
def test_ibans_of_the_registry_pass(value: str) -> None:
    assert check_digits.iban(value)


@pytest.mark.parametrize(
    "value", ["GB82WEST12345698765433", "GB82WEST1234569876543", "ZZ82WEST12345698765432"]
)
def test_an_iban_with_a_wrong_digit_length_or_country_fails(value: str) -> None:
    assert not check_digits.iban(value)


@pytest.mark.parametrize(
    "digits", ["000120001", "666120001", "900120001", "123000001", "123120000"]
)
def test_numbers_that_were_never_issued_are_no_ssn(digits: str) -> None:
    assert not check_digits.us_ssn(digits)
    assert check_digits.us_ssn("173080256")


@pytest.mark.parametrize(
    ("value", "expected"),
    [("192.168.1.20", True), ("2001:db8::1", True), ("127.0.0.1", False), ("0.0.0.0", False),
     ("255.255.255.0", False), ("::1", False), ("12:30:45", False)],
)  # fmt: skip
def test_addresses_that_reach_a_host(value: str, expected: bool) -> None:
    assert check_digits.is_host_address(value) is expected


def test_entropy_in_bits_a_character() -> None:
    assert check_digits.entropy("aaaa") == 0
    assert check_digits.entropy("abcd") == 2


def _my_number(base: str) -> str:
    """個人番号, computed as in the ordinance: P_n counted from the right."""
    total = sum(int(base[-n]) * (n + 1 if n <= 6 else n - 5) for n in range(1, 12))
    return base + str(0 if total % 11 <= 1 else 11 - total % 11)


def _corporate(base: str) -> str:
    total = sum(int(base[-n]) * (1 if n % 2 else 2) for n in range(1, 13))
    return str(9 - total % 9) + base


def _luhn(base: str) -> str:
    total = sum(
        sum(divmod(int(d) * (2 if n % 2 == 0 else 1), 10)) for n, d in enumerate(reversed(base))
    )
    return base + str(-total % 10)


def _post_bank(base: str) -> str:
    """記号番号, computed as on the bank's page: digit by digit, with 番号 of eight digits."""
    s, n = base[:4], [int(d) for d in base[4:]]
    doubled = [2 * d if d < 5 else 2 * d - 9 for d in range(10)]
    total = int(s[0]) + 3 * int(s[1]) + doubled[int(s[2])] + 3 * int(s[3])
    total += doubled[n[0]] + n[1] + 3 * n[2] + doubled[n[3]]
    total += n[4] + 3 * n[5] + doubled[n[6]] + n[7]
    return f"{base[:3]}{total % 10}{base[3:]}"


def _iban(base: str) -> str:
    number = int("".join(str(int(c, 36)) for c in base + "DE00"))
    return f"DE{98 - number % 97:02}{base}"


GENERATED: list[tuple[str, Callable[[str], bool], Callable[[str], str], int, int]] = [
    ("my number", check_digits.my_number, _my_number, 11, -1),
    ("corporate number", check_digits.corporate_number, _corporate, 12, 0),
    ("card", check_digits.luhn, _luhn, 15, -1),
    ("long card", check_digits.luhn, _luhn, 18, -1),
    ("short card", check_digits.luhn, _luhn, 11, -1),
    ("insurer", check_digits.insurer_number, _luhn, 7, -1),
    ("municipal insurer", check_digits.insurer_number, _luhn, 5, -1),
    ("post bank account", check_digits.post_bank_account, _post_bank, 12, 3),
    ("iban", check_digits.iban, _iban, 18, 3),
]


@pytest.mark.parametrize(("name", "check", "make", "size", "at"), GENERATED)
def test_ten_thousand_valid_and_invalid_values(
    name: str, check: Callable[[str], bool], make: Callable[[str], str], size: int, at: int
) -> None:
    random = Random(name)  # samples that are the same each time
    for _ in range(10_000):
        base = "".join(random.choices("0123456789", k=size))
        valid = make(base)
        if len(set(valid)) == 1:
            continue
        assert check(valid), valid
        digits = list(valid)
        digits[at] = str((int(digits[at]) + random.randint(1, 8)) % 10)
        wrong = "".join(digits)
        if name == "corporate number" and {digits[0], valid[0]} == {"0", "9"}:
            continue
        assert not check(wrong), wrong
