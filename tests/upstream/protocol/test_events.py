"""Documents of OpenAI-compatible servers, read as events."""

from typing import Any

import orjson
import pytest

from gateway.errors import UpstreamFailed
from gateway.types import (
    Embedding,
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
from gateway.upstream.protocol.events import EventReader


def document(fields: Any, key: str = "message", **more: Any) -> bytes:
    choice = {"index": 0, key: fields, "finish_reason": None, **more.pop("choice", {})}
    head = {"id": "c1", "model": "m", "created": 7}
    return orjson.dumps({**head, "choices": [choice], **more})


def read(fields: Any, key: str = "message", **more: Any) -> list[Event]:
    """The events of one document, without the start."""
    start, *events = EventReader().read(document(fields, key, **more), key)
    assert start == Start(id="c1", model="m", created=7)
    return events


@pytest.mark.parametrize("key", ["message", "delta"])
def test_a_message_becomes_events_in_order(key: str) -> None:
    call = {"index": 1, "id": "t1", "function": {"name": "send", "arguments": '{"to"'}}
    fields = {
        "role": "assistant",
        "reasoning_content": "hm",
        "content": "Hello",
        "refusal": "no",
        "tool_calls": [call],
    }
    assert read(fields, key) == [
        ReasoningDelta(choice=0, text="hm", field_name="reasoning_content"),
        TextDelta(choice=0, text="Hello"),
        RefusalDelta(choice=0, text="no"),
        ToolDelta(choice=0, part=1, call_id="t1", name="send", text='{"to"'),
    ]


def test_reasoning_keeps_the_name_under_which_it_came() -> None:
    assert read({"reasoning": "hm"}) == [
        ReasoningDelta(choice=0, text="hm", field_name="reasoning")
    ]


def test_every_unknown_leaf_is_given_to_be_scanned() -> None:
    fields = {
        "annotations": [{"url": "https://x.example", "n": 4111}],
        "function_call": {"name": "f"},
    }
    assert read(fields) == [
        UnknownField(choice=0, path=("annotations", 0, "url"), text="https://x.example"),
        UnknownField(choice=0, path=("annotations", 0, "n"), text="4111", number=True),
        UnknownField(choice=0, path=("function_call", "name"), text="f"),
    ]


def test_a_completion_holds_its_text_itself() -> None:
    choice = {"index": 1, "text": "Hello", "logprobs": {"tokens": ["x"]}, "finish_reason": "stop"}
    body = orjson.dumps({"id": "c1", "model": "m", "created": 7, "choices": [choice]})
    assert EventReader("completions").read(body, "message")[1:] == [
        TextDelta(choice=1, text="Hello"),
        Finish(choice=1, reason="stop"),
    ]


def test_an_embedding_is_numbers_and_nothing_else() -> None:
    def body(vector: Any) -> bytes:
        return orjson.dumps({"data": [{"index": 1, "embedding": vector}]})

    assert EventReader("embeddings").read(body([0.5, 1]), "message")[1:] == [
        Embedding(choice=1, vector=(0.5, 1.0))
    ]
    vectors: list[Any] = ["AAAA", ["x"], [True], None, {}]
    for vector in vectors:
        with pytest.raises(UpstreamFailed):
            EventReader("embeddings").read(body(vector), "message")


def test_log_probabilities_are_dropped() -> None:
    logprobs = {"content": [{"token": "Tanaka", "logprob": -0.1}]}
    assert read({"content": "x"}, choice={"logprobs": logprobs}) == [TextDelta(choice=0, text="x")]


def test_the_end_and_the_counts() -> None:
    usage = {
        "prompt_tokens": 3,
        "completion_tokens": 5,
        "completion_tokens_details": {"reasoning_tokens": 2, "note": "text"},
    }
    assert read({}, choice={"finish_reason": "stop"}, usage=usage) == [
        Finish(choice=0, reason="stop"),
        UsageEvent(
            input_tokens=3,
            output_tokens=5,
            details={"completion_tokens_details": {"reasoning_tokens": 2}},
        ),
    ]


def test_a_reply_is_finished_when_every_choice_is() -> None:
    reader = EventReader()
    assert not reader.finished
    for index in (0, 1):
        reader.read(document({"content": "x"}, "delta", choice={"index": index}), "delta")
    reader.read(document({}, "delta", choice={"index": 1, "finish_reason": "stop"}), "delta")
    assert not reader.finished
    reader.read(document({}, "delta", choice={"index": 0, "finish_reason": "stop"}), "delta")
    assert reader.finished


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'"text"',
        b"{}",
        b'{"choices": {}}',
        b'{"choices": [1]}',
        b'{"error": {"message": "Tanaka"}}',
        b'{"object": "error", "message": "Tanaka"}',
        document({"content": ["not", "text"]}),
        document({"tool_calls": [{"index": "one"}]}),
        document({"tool_calls": ["x"]}),
        document({"content": "x"}, id="line\nbreak"),
        document({"content": "x"}, model="田中"),
        document({}, choice={"finish_reason": "x" * 300}),
        document({}, choice={"index": True}),
        document({}, usage={"prompt_tokens": "many"}),
    ],
)
def test_what_is_no_reply_is_refused_without_being_quoted(body: bytes) -> None:
    with pytest.raises(UpstreamFailed) as caught:
        EventReader().read(body, "message")
    assert "Tanaka" not in caught.value.message
    assert caught.value.fallback


def test_a_deep_unknown_value_is_walked_without_recursion() -> None:
    depth = 900
    body = document({"x": "leaf"}).replace(b'"leaf"', b"[" * depth + b'"leaf"' + b"]" * depth)
    *_, last = EventReader().read(body, "message")
    assert isinstance(last, UnknownField)
    assert len(last.path) == depth + 1
