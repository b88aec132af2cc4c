"""Generated identifiers that are valid by their own rules, and the characters they may be written in."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Final

_DIGITS: Final = "0123456789"


def _digits(random: Random, count: int) -> str:
    return "".join(random.choices(_DIGITS, k=count))


def _grouped(value: str, size: int, gap: str) -> str:
    return gap.join(value[i : i + size] for i in range(0, len(value), size))


def _luhn(base: str) -> str:
    total = sum(
        sum(divmod(int(d) * (2 if n % 2 == 0 else 1), 10)) for n, d in enumerate(reversed(base))
    )
    return base + str(-total % 10)


def _card(random: Random) -> str:
    head, size = random.choice(
        (("4", 16), ("51", 16), ("2221", 16), ("34", 15), ("3528", 16), ("6011", 16), ("5018", 12), ("4", 19), ("36", 14))
    )  # fmt: skip
    number = _luhn(head + _digits(random, size - len(head) - 1))
    return _grouped(number, 4, random.choice(("", " ", "-")))


def _my_number(random: Random) -> str:
    base = _digits(random, 11)
    total = sum(int(base[-n]) * (n + 1 if n <= 6 else n - 5) for n in range(1, 12))
    number = base + str(0 if total % 11 <= 1 else 11 - total % 11)
    return _grouped(number, 4, random.choice(("", " ", "-")))


def _iban(random: Random) -> str:
    country, bank, size = random.choice(
        (("DE", "", 18), ("GB", "WEST", 14), ("FR", "", 23), ("NL", "ABNA", 10))
    )
    base = bank + _digits(random, size)
    check = 98 - int("".join(str(int(c, 36)) for c in base + country + "00")) % 97
    return _grouped(f"{country}{check:02}{base}", 4, random.choice(("", " ")))


def _ssn(random: Random) -> str:
    area = random.choice([n for n in range(1, 900) if n != 666])
    gap = random.choice("- ")
    return f"{area:03}{gap}{random.randint(1, 99):02}{gap}{random.randint(1, 9999):04}"


def _email(random: Random) -> str:
    word = "".join(random.choices("abcdefghijklmnop", k=7))
    return f"{word}.{_digits(random, 2)}@mail{word[:3]}.example.{random.choice(('com', 'co.jp', 'de'))}"


def _ip(random: Random) -> str:
    if random.random() < 0.3:
        return ":".join(f"{random.randint(1, 0xFFFF):x}" for _ in range(8))
    return f"{random.randint(1, 223)}.{random.randint(0, 255)}.{random.randint(0, 255)}.{random.randint(1, 254)}".replace(
        "127.", "128.", 1
    )


MAKERS: Final[dict[str, Callable[[Random], str]]] = {
    "CREDIT_CARD": _card, "JP_MY_NUMBER": _my_number, "IBAN_CODE": _iban, "US_SSN": _ssn, "EMAIL_ADDRESS": _email,
    "IP_ADDRESS": _ip,
}  # fmt: skip


def samples(entity: str, count: int, seed: int = 7) -> Iterator[str]:
    """Written values of an entity."""
    random = Random(f"{entity}{seed}")  # samples that are the same each time
    for _ in range(count):
        yield MAKERS[entity](random)
