"""Each stream of text within a reply has its own channel."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.detect.scan.segmenter import LineSegmenter, PatternSegmenter, WholeSegmenter
from gateway.reply.channels import ReplyChannels
from gateway.types import (
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    TextEvent,
    ToolDelta,
    UnknownField,
)
from tests.parts.samples import call, verdict
from tests.redact.samples import vault

EVENTS: tuple[TextEvent, ...] = (
    TextDelta(choice=0, text=""),
    TextDelta(choice=1, text=""),
    RefusalDelta(choice=0, text=""),
    ReasoningDelta(choice=0, text=""),
    ReasoningDelta(choice=0, text="", field_name="thinking"),
    ToolDelta(choice=0, part=0, call_id="c", name="send"),
    ToolDelta(choice=0, part=1, call_id="d", name="other"),
    UnknownField(choice=0, path=("x",), text=""),
    UnknownField(choice=0, path=("x", "y"), text=""),
)


def channels(**changes: Any) -> ReplyChannels:
    return ReplyChannels(call(tools=frozenset({"send"})), vault(), verdict(**changes))


def test_what_may_be_interleaved_is_kept_apart_and_what_goes_on_is_not() -> None:
    made = channels()
    first = [made.of(event) for event in EVENTS]
    assert len({id(channel) for channel in first}) == len(EVENTS)
    assert [made.of(replace(event, text="more")) for event in EVENTS] == first
    assert made.take(1) == [first[1]]
    assert made.take(1) == made.take(2) == []
    assert made.take_all() == [channel for channel in first if channel is not first[1]]
    assert made.take_all() == []
    assert made.of(EVENTS[1]) is first[1]
    assert made.take_all() == [first[1]]


def test_values_are_restored_where_the_caller_reads_and_in_declared_tools() -> None:
    made = channels()
    restored = [made.of(event).restorer is not None for event in EVENTS]
    assert restored == [True] * 6 + [False] * 3


@pytest.mark.parametrize(
    ("mode", "restores", "dropped"),
    [("pass", True, False), ("redact", False, False), ("drop", False, True)],
)
def test_reasoning_by_mode(mode: str, restores: bool, dropped: bool) -> None:
    channel = channels(reasoning=mode).of(EVENTS[3])
    assert (channel.restorer is not None, channel.dropped) == (restores, dropped)


@pytest.mark.parametrize(
    ("depth", "stream", "segmenter"),
    [
        ("patterns", True, PatternSegmenter),
        ("patterns", False, LineSegmenter),
        ("whole", True, WholeSegmenter),
        ("whole", False, WholeSegmenter),
    ],
)
def test_the_depth_chooses_the_segmenter(depth: str, stream: bool, segmenter: type) -> None:
    made = ReplyChannels(call(stream=stream), vault(), verdict(output_depth=depth))
    assert isinstance(made.of(EVENTS[0]).segmenter, segmenter)


@pytest.mark.parametrize("event", EVENTS)
def test_a_channel_makes_events_of_its_own_kind_and_names_a_tool_once(event: TextEvent) -> None:
    expected = replace(event, text="x")
    if isinstance(expected, ToolDelta):
        expected = replace(expected, name=None, call_id=None)
    channel = channels().of(event)
    assert channel.event("x") == expected
    assert channel.event("") is None


def test_placeholders_are_counted_over_all_channels() -> None:
    request = vault()
    placeholder = request.put("PERSON", "Tanaka")
    made = ReplyChannels(call(), request, verdict())
    for event in EVENTS[:2]:
        restorer = made.of(event).restorer
        assert restorer is not None
        assert restorer.feed(placeholder) + restorer.flush() == "Tanaka"
    assert (made.restored, made.unrestored) == (2, 0)
