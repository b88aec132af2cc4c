"""A reply that is surely longer than its bound is ended as by a server that keeps to it; no other is touched."""

from collections.abc import Sequence

import pytest

from gateway.quota.meter import Meter, reply_meter
from gateway.types import Event, Finish, ReasoningDelta, Start, TextDelta, UsageEvent
from tests.parts.samples import call

START = Start(id="r", model="m", created=0)


def said(text: str, choice: int = 0) -> TextDelta:
    return TextDelta(choice=choice, text=text)


def given(batches: Sequence[Sequence[Event]], tokens: int) -> list[Event]:
    """What is passed on of a reply in batches, which is not read further once it is full."""
    meter, passed = Meter(tokens), list[Event]()
    for batch in batches:
        passed += meter.feed(batch)
        if meter.full:
            break
    return passed


def test_a_reply_within_its_bound_is_untouched() -> None:
    whole: list[Event] = [
        START,
        *(said("abcdefgh") for _ in range(10)),
        Finish(choice=0, reason="stop"),
    ]
    assert given([whole[:4], whole[4:]], 10) == whole


def test_what_goes_on_past_the_bound_is_cut_off() -> None:
    said_much: list[list[Event]] = [[said("abcdefghi")] for _ in range(1000)]
    batches: list[list[Event]] = [[START], *said_much]
    assert given(batches, 10) == [
        START,
        *[said("abcdefghi")] * 10,
        Finish(choice=0, reason="length"),
    ]


def test_reasoning_counts_and_only_choices_that_still_speak_are_ended() -> None:
    thought = ReasoningDelta(choice=2, text="x" * 100)
    ended: list[Event] = [said("y" * 50, 1), Finish(choice=1, reason="stop")]
    events = given([[START, *ended, thought, said("z" * 50), said("z" * 50)]], 3)
    assert events == [
        START, *ended, thought, said("z" * 50),
        Finish(choice=0, reason="length"), Finish(choice=2, reason="length"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "batch",
    [
        # A server that sends single characters sends more pieces than tokens, and one that sends all at once few pieces.
        [said("x") for _ in range(70)],
        [said("x" * 10_000)],
        [UsageEvent(input_tokens=1, output_tokens=99)] * 40,
    ],
)
def test_what_may_be_within_the_bound_passes(batch: list[Event]) -> None:
    assert given([batch], 10) == batch


def test_half_a_surrogate_pair_is_counted() -> None:
    assert given([[said("\ud83d")]], 1) == [said("\ud83d")]


@pytest.mark.parametrize(
    ("stream", "tokens", "metered"), [(True, 5, True), (False, 5, False), (True, None, False)]
)
def test_a_stream_that_a_quota_counts_is_metered(
    stream: bool, tokens: int | None, metered: bool
) -> None:
    assert (reply_meter(call(stream=stream), tokens) is not None) == metered


def test_the_bound_holds_for_each_choice() -> None:
    meter = reply_meter(call(stream=True, document={"n": 3}), 2)
    assert meter is not None
    events: list[Event] = [said("x" * 50)] * 7
    assert meter.feed(events[:6]) == events[:6]
    assert meter.feed(events[6:]) == [Finish(choice=0, reason="length")]
