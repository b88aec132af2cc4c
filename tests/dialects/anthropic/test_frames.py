"""Streamed messages, as Anthropic's own SDK puts them together."""

import json
from typing import Any

import pytest
from anthropic.lib.streaming._messages import accumulate_event
from anthropic.types import RawMessageStreamEvent
from pydantic import TypeAdapter

from gateway.dialects.anthropic.dialect import AnthropicMessages
from gateway.dialects.anthropic.reply import message
from gateway.errors import UpstreamFailed
from gateway.types import Event, Finish, ReasoningDelta, TextDelta, ToolDelta, UsageEvent
from tests.dialects.anthropic.test_dialect import parse
from tests.dialects.anthropic.test_reply import END, START

EVENTS: list[Event] = [
    START,
    ReasoningDelta(choice=0, text="h"),
    ReasoningDelta(choice=0, text="m"),
    TextDelta(choice=0, text="I "),
    TextDelta(choice=0, text="太郎"),
    ToolDelta(choice=0, part=0, call_id="t1", name="pay", text='{"n":'),
    ToolDelta(choice=0, part=1, call_id="t2", name="tell", text="{"),
    ToolDelta(choice=0, part=0, text="1}"),
    ToolDelta(choice=0, part=1, text="}"),
    Finish(choice=0, reason="tool_calls"),
    UsageEvent(input_tokens=3, output_tokens=5),
]


def framed(events: list[Event]) -> list[Any]:
    framer = AnthropicMessages().framer(parse(stream=True))
    body = b"".join(map(framer.feed, events)) + framer.done()
    documents = []
    for block in body.decode().strip().split("\n\n"):
        name, data = block.split("\n")
        document = json.loads(data.removeprefix("data: "))
        assert name == f"event: {document['type']}"
        documents.append(document)
    return documents


def test_the_sdk_puts_a_stream_together_as_the_whole_reply() -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)
    snapshot: Any = None
    buffers: dict[int, bytes] = {}
    for document in framed(EVENTS):
        event = adapter.validate_python(document)
        snapshot = accumulate_event(event=event, current_snapshot=snapshot, json_bufs=buffers)
    streamed, whole = snapshot.to_dict(), message(parse(), EVENTS)
    for name in ("id", "model", "stop_reason"):
        assert streamed[name] == whole[name]
    for block, expected in zip(streamed["content"], whole["content"], strict=True):
        assert {name: block.get(name) for name in expected} == expected


def test_every_block_begins_and_ends_once() -> None:
    kinds = [(d["type"], d.get("index")) for d in framed(EVENTS)]
    for index in range(4):
        assert kinds.count(("content_block_start", index)) == 1
        assert kinds.count(("content_block_stop", index)) == 1
    assert [kind for kind, _ in kinds][-2:] == ["message_delta", "message_stop"]


def test_text_after_a_tool_is_a_block_of_its_own() -> None:
    events: list[Event] = [
        START,
        TextDelta(choice=0, text="a"),
        ToolDelta(choice=0, part=0, call_id="t", name="f"),
        TextDelta(choice=0, text="b"),
        END,
    ]
    starts = [d for d in framed(events) if d["type"] == "content_block_start"]
    assert [s["content_block"]["type"] for s in starts] == ["text", "tool_use", "text"]


def test_a_stream_without_an_end_is_no_reply() -> None:
    with pytest.raises(UpstreamFailed):
        framed([START])


def test_a_ping_keeps_the_connection_open() -> None:
    assert AnthropicMessages().framer(parse()).comment().startswith(b"event: ping\n")
