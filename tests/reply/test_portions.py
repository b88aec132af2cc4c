"""A long text passes in parts, and a whole reply is joined again to the same text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.reply.portions import PORTION, joined, portions
from gateway.types import (
    Event,
    Finish,
    ReasoningDelta,
    RefusalDelta,
    Start,
    TextDelta,
    TextEvent,
    ToolDelta,
    UnknownField,
)

LONG = "abc " * PORTION
START = Start(id="c", model="m", created=0)


@pytest.mark.parametrize(
    "event",
    [
        TextDelta(choice=1, text=LONG),
        RefusalDelta(choice=0, text=LONG),
        ReasoningDelta(choice=0, text=LONG, field_name="reasoning"),
        ToolDelta(choice=0, part=2, call_id="c", name="fetch", text=LONG),
        UnknownField(choice=0, path=("x",), text=LONG),
    ],
)
def test_a_long_text_is_divided_and_joined_again(event: TextEvent) -> None:
    parts = [part for portion in portions([event]) for part in portion]
    assert len(parts) == len(portions([event])) == 4
    assert all(len(part.text) <= PORTION for part in parts if isinstance(part, TextEvent))
    assert joined([START, *parts]) == [START, event]


@pytest.mark.parametrize(
    "event",
    [
        START,
        Finish(choice=0, reason="stop"),
        TextDelta(choice=0, text="x" * PORTION),
        UnknownField(choice=0, path=("x",), text="1" * (PORTION + 1), number=True),
    ],
)
def test_what_is_short_or_a_number_is_not_divided(event: Event) -> None:
    assert [part for portion in portions([event]) for part in portion] == [event]


def test_a_batch_of_many_events_is_divided_too() -> None:
    batch = [TextDelta(choice=0, text="word ")] * 1000
    assert [event for portion in portions(batch) for event in portion] == batch
    assert max(map(len, portions(batch))) <= PORTION / 64
    assert list(portions(batch[:10])) == [batch[:10]]


def test_only_pieces_of_the_same_text_are_joined() -> None:
    events: list[Event] = [
        TextDelta(choice=0, text="a"),
        TextDelta(choice=1, text="b"),
        ReasoningDelta(choice=1, text="c"),
        ToolDelta(choice=1, part=0, call_id="c0", name="one"),
        ToolDelta(choice=1, part=1, call_id="c1", name="two"),
        ToolDelta(choice=1, part=0, text="{"),
        UnknownField(choice=1, path=("x",), text="1", number=True),
        UnknownField(choice=1, path=("x",), text="2", number=True),
        UnknownField(choice=1, path=("y",), text="3", number=True),
    ]
    assert joined(events) == events


@given(st.lists(st.tuples(st.integers(0, 1), st.text(max_size=3))))
def test_joining_changes_no_text(pieces: list[tuple[int, str]]) -> None:
    events = [TextDelta(choice=choice, text=text) for choice, text in pieces]
    for choice in (0, 1):
        before, after = (
            "".join(e.text for e in row if isinstance(e, TextDelta) and e.choice == choice)
            for row in (events, joined(events))
        )
        assert before == after
