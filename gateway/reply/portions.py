"""Portions of a reply: a step of the event loop handles a bounded amount of text, and a whole reply is joined again."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from gateway.reply.filters import WITH_TEXT
from gateway.types import Event, TextEvent, ToolDelta, UnknownField

PORTION: Final = 4096
"""Characters of text that pass the filters before other requests get a turn."""


_EVENT: Final = 64
"""What an event costs beside its text, in characters."""


def portions(batch: Sequence[Event]) -> Sequence[Sequence[Event]]:
    """A batch in parts that are handled in a short time; a longer text is divided."""
    size = _cost(batch[0]) if len(batch) == 1 else sum(map(_cost, batch))
    return (batch,) if size <= PORTION else list(_portions(batch))


def _cost(event: Event) -> int:
    """What it takes to handle an event, in characters of text."""
    return _EVENT + len(event.text) if isinstance(event, WITH_TEXT) else _EVENT


def _portions(batch: Sequence[Event]) -> Iterator[Sequence[Event]]:
    portion: list[Event] = []
    size = 0
    for part in (part for event in batch for part in _parts(event)):
        portion.append(part)
        size += _cost(part)
        if size >= PORTION:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def _parts(event: Event) -> Iterator[Event]:
    """The event, in parts of at most ``PORTION`` characters. A number is a whole value and is not divided."""
    if (
        not isinstance(event, WITH_TEXT)
        or len(event.text) <= PORTION
        or (isinstance(event, UnknownField) and event.number)
    ):
        yield event
    else:
        for start in range(0, len(event.text), PORTION):
            yield replace(event, text=event.text[start : start + PORTION])
            if isinstance(event, ToolDelta):
                # The name and the id are in the first part alone.
                event = replace(event, name=None, call_id=None)


def joined(events: Sequence[Event]) -> list[Event]:
    """The events, each run of pieces of one text as one event: to append them one by one would copy a long text each time."""
    result: list[Event] = []
    run: list[str] = []
    for event in events:
        if run and isinstance(event, TextEvent) and _continues(result[-1], event):
            run.append(event.text)
            continue
        _close(result, run)
        run = [event.text] if isinstance(event, TextEvent) else []
        result.append(event)
    _close(result, run)
    return result


def _close(result: list[Event], run: list[str]) -> None:
    last = result[-1] if result else None
    if len(run) > 1 and isinstance(last, TextEvent):
        result[-1] = replace(last, text="".join(run))


def _continues(before: Event, event: TextEvent) -> bool:
    """Whether an event only adds text to the one before it."""
    if isinstance(event, ToolDelta) and (event.name is not None or event.call_id is not None):
        return False
    if isinstance(before, UnknownField) and before.number:
        return False
    return isinstance(before, TextEvent) and _channel(before) == _channel(event)


def _channel(event: TextEvent) -> TextEvent:
    event = replace(event, text="")
    return replace(event, name=None, call_id=None) if isinstance(event, ToolDelta) else event
