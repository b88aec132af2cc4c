"""A row of filters: each gets what the one before it returns, and what it holds comes at the end."""

from collections.abc import Sequence

from gateway.reply.filters import Filter, fed, flushed
from gateway.types import Event, Finish, TextDelta

END = Finish(choice=0, reason="stop")


def text(value: str) -> TextDelta:
    return TextDelta(choice=0, text=value)


class Doubling:
    """Returns each event twice, and holds nothing."""

    def feed(self, event: Event) -> Sequence[Event]:
        return (event, event)

    def flush(self) -> Sequence[Event]:
        return ()


class Holding:
    """Returns each event when the next one comes."""

    def __init__(self) -> None:
        self._held: list[Event] = []

    def feed(self, event: Event) -> Sequence[Event]:
        held, self._held = self._held, [event]
        return held

    def flush(self) -> Sequence[Event]:
        held, self._held = self._held, []
        return held


def test_events_pass_the_filters_in_order() -> None:
    assert fed([], END) == (END,)
    assert list(fed([Doubling(), Doubling()], text("a"))) == [text("a")] * 4
    row: list[Filter] = [Holding(), Doubling()]
    assert [list(fed(row, event)) for event in (text("a"), END)] == [[], [text("a")] * 2]


def test_what_a_filter_held_passes_the_ones_after_it() -> None:
    row: list[Filter] = [Holding(), Holding(), Doubling()]
    for value in "ab":
        assert list(fed(row, text(value))) == []
    assert list(flushed(row)) == [text("a"), text("a"), text("b"), text("b")]
    assert list(flushed(row)) == []
