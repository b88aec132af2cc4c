"""The comparison's requests: each text new, a chat that grows by one message; and its table."""

import orjson

from bench.rivals import KINDS, chat, text


def turns(body: bytes) -> list[tuple[str, str]]:
    return [(m["role"], m["content"]) for m in orjson.loads(body)["messages"]]


def test_a_chat_begins_and_ends_with_the_user() -> None:
    assert turns(chat(["a", "b", "c"])) == [("user", "a"), ("assistant", "b"), ("user", "c")]


def test_no_two_requests_share_a_new_text() -> None:
    for bodies in KINDS.values():
        last = [turns(bodies(number)[-1])[-1] for number in range(0, 1000, 10)]
        assert len(set(last)) == len(last)


def test_the_tenth_turn_repeats_what_was_sent_before() -> None:
    before, after = KINDS["tenth turn"](40)
    assert turns(after)[: len(turns(before))] == turns(before)
    assert len(turns(after)) == len(turns(before)) + 2


def test_the_table_gives_others_as_multiples() -> None:
    printed = text({"40 words": {"gateway": 10.0, "rival": 25.0}})
    assert "10.0" in printed
    assert "2.50" in printed
