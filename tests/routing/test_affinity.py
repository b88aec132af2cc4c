"""A conversation's next turn finds the deployment that answered the last one."""

from typing import Any

from gateway.routing.affinity import Affinity
from gateway.types import Call
from tests.dialects.requests import chat, parse

SYSTEM = {"role": "system", "content": "You are brief."}
ASKED = {"role": "user", "content": "Hello"}
TOLD = {"role": "assistant", "content": "Good day"}
AGAIN = {"role": "user", "content": "And now?"}


def call(*messages: dict[str, Any], **more: Any) -> Call:
    return parse(chat(messages=list(messages), **more))


def test_the_next_turn_is_recognised() -> None:
    known = Affinity(10)
    known.remember(known.digests(call(SYSTEM, ASKED), "acme"), "r1-a")
    assert known.preferred(known.digests(call(SYSTEM, ASKED, TOLD, AGAIN), "acme")) == "r1-a"


def test_the_longest_beginning_wins() -> None:
    known = Affinity(10)
    known.remember(known.digests(call(ASKED), "acme"), "r1-a")
    known.remember(known.digests(call(ASKED, TOLD, AGAIN), "acme"), "r1-b")
    later = call(ASKED, TOLD, AGAIN, TOLD, ASKED)
    assert known.preferred(known.digests(later, "acme")) == "r1-b"


def test_other_text_other_frames_and_other_scopes_are_other_conversations() -> None:
    known = Affinity(10)
    known.remember(known.digests(call(SYSTEM, ASKED), "acme"), "r1-a")
    tool = {"type": "function", "function": {"name": "look", "description": "looks"}}
    for other, scope in (
        (call(SYSTEM, AGAIN), "acme"),
        (call(ASKED), "acme"),
        (call(SYSTEM, ASKED, tools=[tool]), "acme"),
        (call(SYSTEM, ASKED), "rival"),
        (call({"role": "user", "content": "You are brief."}, ASKED), "acme"),
    ):
        assert known.preferred(known.digests(other, scope)) is None


def test_text_can_not_be_moved_over_a_boundary() -> None:
    known = Affinity(10)
    known.remember(known.digests(call({"role": "user", "content": "ab"}, TOLD), "s"), "r1-a")
    other = call({"role": "user", "content": "a"}, {"role": "assistant", "content": "bGood day"})
    assert known.preferred(known.digests(other, "s")) is None


def test_the_oldest_is_forgotten() -> None:
    known = Affinity(2)
    chains = [known.digests(call({"role": "user", "content": str(i)}), "s") for i in range(3)]
    for chain in chains:
        known.remember(chain, "r1-a")
    assert [known.preferred(chain) for chain in chains] == [None, "r1-a", "r1-a"]


def test_nothing_is_remembered_when_nothing_shall_be() -> None:
    known = Affinity(0)
    assert known.digests(call(ASKED), "s") == ()
    known.remember((), "r1-a")
    assert known.preferred(()) is None


def test_lone_surrogates_are_text_too() -> None:
    odd = call({"role": "user", "content": "x"})
    assert len(Affinity(1).digests(odd, "s")) == 1
