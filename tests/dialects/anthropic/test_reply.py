"""Whole messages."""

from typing import Any

import pytest

from gateway.dialects.anthropic.reply import message, stop_reason, usage_document
from gateway.errors import UpstreamFailed
from gateway.types import (
    Event,
    Finish,
    ReasoningDelta,
    RefusalDelta,
    Start,
    TextDelta,
    ToolDelta,
    UsageEvent,
)
from tests.dialects.anthropic.test_dialect import parse

START = Start(id="c1", model="up", created=1)
END = Finish(choice=0, reason="stop")


def content(*events: Event) -> list[Any]:
    found: list[Any] = message(parse(), [START, *events, END])["content"]
    return found


def test_blocks_follow_one_another() -> None:
    assert content(
        ReasoningDelta(choice=0, text="h"),
        ReasoningDelta(choice=0, text="m"),
        TextDelta(choice=0, text="I "),
        TextDelta(choice=0, text="pay"),
        ToolDelta(choice=0, part=0, call_id="t1", name="pay", text='{"n":'),
        ToolDelta(choice=0, part=1, call_id="t2", name="tell", text=""),
        ToolDelta(choice=0, part=0, text="1}"),
        RefusalDelta(choice=0, text="no"),
    ) == [
        {"type": "thinking", "thinking": "hm", "signature": ""},
        {"type": "text", "text": "I pay"},
        {"type": "tool_use", "id": "t1", "name": "pay", "input": {"n": 1}},
        {"type": "tool_use", "id": "t2", "name": "tell", "input": {}},
        {"type": "text", "text": "no"},
    ]


@pytest.mark.parametrize(
    ("reason", "tools", "stop"),
    [
        ("stop", False, "end_turn"),
        ("stop", True, "tool_use"),
        ("tool_calls", True, "tool_use"),
        ("length", True, "max_tokens"),
        ("content_filter", False, "refusal"),
        ("something", False, "end_turn"),
    ],
)
def test_reasons(reason: str, tools: bool, stop: str) -> None:
    assert stop_reason(reason, tools=tools) == stop


def test_tokens_read_from_a_cache_are_counted_apart() -> None:
    usage = UsageEvent(
        input_tokens=10, output_tokens=5, details={"prompt_tokens_details": {"cached_tokens": 4}}
    )
    assert usage_document(usage) == {
        "input_tokens": 6,
        "output_tokens": 5,
        "cache_read_input_tokens": 4,
    }
    assert usage_document(None) == {"input_tokens": 0, "output_tokens": 0}


def test_a_reply_has_a_beginning_and_an_end() -> None:
    unfinished: list[list[Event]] = [[START], [END]]
    for events in unfinished:
        with pytest.raises(UpstreamFailed):
            message(parse(), events)
