"""What the filters of a reply have in common, and how a row of them is run.

A filter does no I/O: ``feed`` takes an event and returns what the next filter gets, ``flush`` ends the reply. The result does not
depend on how the model server split its text.
"""

from collections.abc import Sequence
from typing import Final, Protocol

from gateway.types import (
    Embedding,
    Event,
    ReasoningDelta,
    RefusalDelta,
    ReplyStored,
    Start,
    TextDelta,
    ToolDelta,
    UnknownField,
    UsageEvent,
)

WITHOUT_TEXT: Final = (Start, UsageEvent, Embedding, ReplyStored)
"""Events that pass every filter as they are."""
WITH_TEXT: Final = (TextDelta, ReasoningDelta, ToolDelta, RefusalDelta, UnknownField)
"""The kinds of ``TextEvent``: ``isinstance`` is slow with a union."""


class Filter(Protocol):
    """A step from events to events."""

    def feed(self, event: Event) -> Sequence[Event]:
        """What the next filter gets now that ``event`` has arrived.

        Raises:
            UpstreamFailed: the reply contradicts itself.
        """

    def flush(self) -> Sequence[Event]:
        """What was held, at the end of the reply."""


def fed(row: Sequence[Filter], event: Event) -> Sequence[Event]:
    """What a row of filters makes of an event."""
    events: Sequence[Event] = (event,)
    for step in row:
        events = step.feed(events[0]) if len(events) == 1 else _each(step, events)
    return events


def flushed(row: Sequence[Filter]) -> Sequence[Event]:
    """What a row of filters holds, at the end of the reply."""
    events: Sequence[Event] = ()
    for step in row:
        events = [*_each(step, events), *step.flush()]
    return events


def _each(step: Filter, events: Sequence[Event]) -> Sequence[Event]:
    return [passed for event in events for passed in step.feed(event)]
