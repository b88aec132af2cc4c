"""Documents of OpenAI-compatible servers, read as events."""

import json
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
from gateway.upstream.protocol.limits import (
    MAX_CHOICES,
    MAX_DEPTH,
    MAX_INDEX,
    MAX_KEY,
    MAX_TOOL_CALLS,
    MAX_UNKNOWN,
)


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
    ],
)
def test_what_is_no_reply_is_refused_without_being_quoted(body: bytes) -> None:
    with pytest.raises(UpstreamFailed) as caught:
        EventReader().read(body, "message")
    assert "Tanaka" not in caught.value.message
    assert caught.value.fallback


def test_a_deep_unknown_value_is_walked_without_recursion() -> None:
    depth = MAX_DEPTH - 1
    body = document({"x": "leaf"}).replace(b'"leaf"', b"[" * depth + b'"leaf"' + b"]" * depth)
    *_, last = EventReader().read(body, "message")
    assert isinstance(last, UnknownField)
    assert len(last.path) == depth + 1


def _stream(fields: Any) -> None:
    """Read chunks until one is refused; a reply of the permitted size would never be."""
    reader = EventReader()
    most = max(MAX_CHOICES, MAX_TOOL_CALLS, MAX_UNKNOWN)
    for number in range(most + 1):
        choice, delta = fields(number)
        reader.read(document(delta, "delta", choice={"index": choice}), "delta")


@pytest.mark.parametrize(
    "fields",
    [
        lambda n: (0, {"zz": {f"k{n}": "x"}}),
        lambda n: (0, {f"k{n}": "x"}),
        lambda n: (0, {"zz": [0] * (n % 64) + [n, {str(n): "x"}]}),
        lambda n: (0, {"zz": {f"k{n}": n}}),
        lambda n: (n, {"content": "x"}),
        lambda n: (n, {}),
        lambda n: (0, {"tool_calls": [{"index": n, "function": {"name": "f"}}]}),
        lambda n: (n % 100, {"tool_calls": [{"index": n, "function": {"arguments": "{}"}}]}),
        lambda n: (n % 100, {f"k{n}": "x"}),
    ],
    ids=lambda _: "",
)
def test_B16_a_stream_opens_a_bounded_number_of_parts(fields: Any) -> None:
    with pytest.raises(UpstreamFailed, match="too many parts"):
        _stream(fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"zz": [None] * (MAX_UNKNOWN + 1)},
        {"zz": [[True]] * (MAX_UNKNOWN + 1)},
        {f"k{n}": {} for n in range(2)} | {"zz": {str(n): None for n in range(MAX_UNKNOWN + 1)}},
        {"x" * (MAX_KEY + 1): 1},
        {"zz": {"x" * 1_000_000: 1}},
    ],
    ids=lambda _: "",
)
def test_B16_one_document_is_bounded_before_it_is_walked(fields: Any) -> None:
    with pytest.raises(UpstreamFailed, match="too many parts"):
        read(fields)


def test_B16_a_value_that_is_nested_too_deep_is_refused() -> None:
    body = document({"x": "leaf"}).replace(b'"leaf"', b"[" * 300 + b'"leaf"' + b"]" * 300)
    with pytest.raises(UpstreamFailed, match="too deep"):
        EventReader().read(body, "message")


def test_B16_long_replies_with_few_parts_are_read() -> None:
    reader = EventReader()
    call = {"index": 3, "function": {"arguments": "x"}}
    delta = {"content": "x", "reasoning_details": [{"text": "x", "index": 0}], "tool_calls": [call]}
    for number in range(2 * MAX_UNKNOWN):
        body = document(delta, "delta", choice={"index": number % 8})
        assert len(reader.read(body, "delta")) >= 4


BAD_INDICES: list[Any] = [10**30, 2**64, 2**63, MAX_INDEX, -1, 1.5, 1.0, "0", True, None, [0]]


@pytest.mark.parametrize("index", BAD_INDICES)
def test_B36_an_index_is_a_small_whole_number(index: Any) -> None:
    text = json.dumps(index).encode()  # orjson does not write numbers beyond 64 bits

    def refused(form: Any, body: dict[str, Any]) -> None:
        raw = orjson.dumps(body).replace(b'"INDEX"', text)
        with pytest.raises(UpstreamFailed, match="malformed"):
            EventReader(form).read(raw, "message")

    refused("chat.completions", {"choices": [{"index": "INDEX", "message": {"content": "x"}}]})
    refused("completions", {"choices": [{"index": "INDEX", "text": "x"}]})
    call = {"index": "INDEX", "function": {"name": "f"}}
    refused("chat.completions", {"choices": [{"message": {"tool_calls": [call]}}]})
    refused("embeddings", {"data": [{"index": "INDEX", "embedding": [0.5]}]})


@pytest.mark.parametrize(
    "more",
    [
        {"created": 1e30},
        {"created": -1},
        {"created": True},
        {"created": "now"},
        {"id": "x" * 1_000_000},
        {"model": "x" * 1_000_000},
        {"system_fingerprint": "x" * 1_000_000},
        {"choice": {"finish_reason": "x" * 1_000_000}},
        {"choice": {"finish_reason": {"x": 1}}},
    ],
    ids=lambda _: "",
)
def test_B36_what_is_passed_on_unscanned_is_bounded(more: Any) -> None:
    with pytest.raises(UpstreamFailed, match="malformed"):
        EventReader().read(document({"content": "x"}, **more), "message")


def test_B36_a_time_with_a_fraction_is_read() -> None:
    start, *_ = EventReader().read(document({}, created=1764400000.75), "message")
    assert isinstance(start, Start)
    assert start.created == 1764400000


@pytest.mark.parametrize("body", [b'{"error": %b}', b'{"choices": [{"message": %b}]}', b"%b"])
@pytest.mark.parametrize("depth", [300, 1000, 5000])
def test_B36_deep_nesting_is_the_servers_fault(body: bytes, depth: int) -> None:
    nested = b'{"a":' * depth + b"1" + b"}" * depth
    with pytest.raises(UpstreamFailed):
        EventReader().read(body.replace(b"%b", nested), "message")
