"""Realistic requests, each with unique personal data, so that no cache has an effect by accident."""

from collections.abc import Iterator
from typing import Any

import orjson

MODEL = "bench"
_FIRST = "Kenji Maria Yuki Peter Aiko Laura Hiroshi Anna Satoshi Emily Naoko Daniel".split()
_LAST = (
    "Tanaka Schmidt Yamamoto Johnson Kobayashi Garcia Watanabe Miller Ito Brown Mori Davis".split()
)
_TURN = (
    "Customer {name} wrote again about order {n}. The reply goes to {email}, the phone number on file is "
    "{phone}, and the card ends the question of who pays: {card}. Please draft a short, polite answer "
    "that explains the delay, offers a refund and asks for the delivery address to be confirmed."
)
_ANSWER = (
    "Dear {name}, thank you for your patience. Order {n} was delayed at the depot; a refund has been "
    "prepared and the confirmation will be sent to {email}. Please reply with the delivery address."
)


def values(n: int) -> dict[str, str]:
    """The test values of turn ``n``; the card number has a valid check digit."""
    name = f"{_FIRST[n % 12]} {_LAST[n // 12 % 12]}"
    return {
        "n": str(n),
        "name": name,
        "email": f"{name.replace(' ', '.').lower()}{n}@example.com",
        "phone": f"+81 90-{1000 + n // 10000 % 9000:04}-{n % 10000:04}",
        "card": _card(n),
    }


def message(n: int) -> str:
    """The text of turn ``n``."""
    return _TURN.format(**values(n))


def chat(history: range, last: int, *, stream: bool = False) -> bytes:
    """A chat: the turns of ``history`` with their answers, then turn ``last``, unanswered."""
    messages = [*_answered(history), _user(last)]
    document: dict[str, Any] = {"model": MODEL, "messages": messages}
    if stream:
        document["stream"] = True
    return orjson.dumps(document)


def _answered(turns: range) -> Iterator[dict[str, str]]:
    for n in turns:
        yield _user(n)
        yield {"role": "assistant", "content": _ANSWER.format(**values(n))}


def _user(n: int) -> dict[str, str]:
    return {"role": "user", "content": message(n)}


def _card(n: int) -> str:
    """A Visa-shaped number with its Luhn check digit (ISO/IEC 7812-1)."""
    body = f"4{n:014}"
    doubled = (int(digit) * 2 if index % 2 == 0 else int(digit) for index, digit in enumerate(body))
    total = sum(value - 9 if value > 9 else value for value in doubled)
    number = f"{body}{-total % 10}"
    return " ".join(number[i : i + 4] for i in range(0, 16, 4))
