"""The test values are valid, and no two turns share one."""

import orjson
import pytest

from bench.payloads import chat, message, values


@pytest.mark.parametrize("n", [0, 1, 7, 4_321, 10_000_001])
def test_cards_pass_their_check_digit(n: int) -> None:
    digits = [int(digit) for digit in values(n)["card"].replace(" ", "")]
    doubled = [2 * d - 9 * (d > 4) if i % 2 == 0 else d for i, d in enumerate(digits)]
    assert len(digits) == 16
    assert sum(doubled) % 10 == 0


def test_no_two_turns_share_an_address_a_number_or_a_card() -> None:
    for kind in ("email", "phone", "card"):
        assert len({values(n)[kind] for n in range(5_000)}) == 5_000


def test_a_chat_ends_with_the_turn_that_nobody_answered() -> None:
    messages = orjson.loads(chat(range(3, 5), 5))["messages"]
    assert [m["role"] for m in messages] == ["user", "assistant", "user", "assistant", "user"]
    assert messages[-1]["content"] == message(5)
    assert values(5)["email"] in message(5)


def test_only_a_streamed_chat_says_so() -> None:
    assert "stream" not in orjson.loads(chat(range(0), 1))
    assert orjson.loads(chat(range(0), 1, stream=True))["stream"] is True
