"""Reasoning in the text becomes reasoning, for each choice by itself."""

from gateway.reply.filters import fed, flushed
from gateway.reply.reasoning import ReasoningFilter
from gateway.types import Event, Finish, ReasoningDelta, Start, TextDelta

START = Start(id="c", model="m", created=0)


def passed(events: list[Event], *, strict: bool) -> list[Event]:
    row = [ReasoningFilter(strict=strict)]
    return [*(out for event in events for out in fed(row, event)), *flushed(row)]


def text(value: str, choice: int = 0) -> TextDelta:
    return TextDelta(choice=choice, text=value)


def thought(value: str, choice: int = 0) -> ReasoningDelta:
    return ReasoningDelta(choice=choice, text=value)


def test_tags_make_two_kinds_of_events_and_choices_are_apart() -> None:
    events: list[Event] = [START, text("<thi"), text("no", 1), text("nk>hm</think>yes")]
    assert passed(events, strict=False) == [START, text("no", 1), thought("hm"), text("yes")]


def test_what_is_held_comes_before_the_end_of_the_choice() -> None:
    end = Finish(choice=0, reason="stop")
    assert passed([text("so"), end, text("and", 1)], strict=True) == [
        text("so"),
        end,
        text("and", 1),
    ]


def test_reasoning_in_a_field_of_its_own_means_that_text_is_text() -> None:
    assert passed([thought("hm"), text("a ")], strict=True) == [thought("hm"), text("a ")]
    row = [ReasoningFilter(strict=True)]
    assert list(fed(row, text("held"))) == []
    assert list(fed(row, thought("hm"))) == [thought("hm")]
    assert "".join(e.text for e in fed(row, text(" on")) if isinstance(e, TextDelta)) == "held on"
