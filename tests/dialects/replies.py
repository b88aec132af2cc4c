"""Replies as events, for the tests of what callers see."""

from gateway.types import (
    Event,
    Finish,
    ReasoningDelta,
    RefusalDelta,
    Start,
    TextDelta,
    ToolDelta,
    UnknownField,
    UsageEvent,
)

START = Start(id="chatcmpl-1", model="upstream-name", created=1_700_000_000, fingerprint="fp_1")
USAGE = UsageEvent(
    input_tokens=10, output_tokens=5, details={"prompt_tokens_details": {"cached_tokens": 3}}
)

EVENTS: tuple[Event, ...] = (
    START,
    ReasoningDelta(choice=0, text="I th"),
    TextDelta(choice=1, text="Gu"),
    ReasoningDelta(choice=0, text="ink"),
    TextDelta(choice=0, text="Hello "),
    TextDelta(choice=0, text="太郎"),
    UnknownField(choice=0, path=("citations", 0, "title"), text="T"),
    UnknownField(choice=0, path=("citations", 0, "place", "url"), text="U"),
    UnknownField(choice=0, path=("citations", 1, "title"), text="V"),
    ToolDelta(choice=0, part=0, call_id="call_1", name="book", text=""),
    ToolDelta(choice=0, part=1, call_id="call_2", name="pay", text='{"b'),
    ToolDelta(choice=0, part=0, text='{"a":'),
    ToolDelta(choice=0, part=1, text='":2}'),
    ToolDelta(choice=0, part=0, text="1}"),
    Finish(choice=0, reason="tool_calls"),
    RefusalDelta(choice=1, text="No"),
    Finish(choice=1, reason="stop"),
    USAGE,
)
"""Two interleaved choices with every kind of event."""
