"""What is stored of a response, and how a later request continues it."""

from typing import Any

import orjson
import pytest

from gateway.dialects.responses.dialect import OpenAIResponses
from gateway.dialects.responses.stored_conversation import (
    StoredConversation,
    deleted,
    response,
    with_history,
)
from gateway.errors import InvalidRequest
from gateway.types import Call, Event, Finish, ReasoningDelta, TextDelta, ToolDelta
from tests.dialects.responses.test_dialect import START, parse

EVENTS: list[Event] = [
    START,
    ReasoningDelta(choice=0, text="hm"),
    TextDelta(choice=0, text="Hello"),
    ToolDelta(choice=0, part=0, call_id="c", name="send", text='{"to": 1}'),
    Finish(choice=0, reason="stop"),
]


def remembered(call: Call, events: list[Event] = EVENTS) -> bytes:
    memory = StoredConversation(call)
    for event in events:
        memory.add(event)
    assert memory.complete
    return memory.document()


def chat(call: Call) -> Any:
    return OpenAIResponses().rebuild(call, {}, {}).neutral["messages"]


def test_the_conversation_goes_on_where_it_was() -> None:
    first = parse(input="one", instructions="once")
    second = with_history(parse(input="two", previous_response_id="resp_1"), remembered(first))
    kept = remembered(second, [START, TextDelta(choice=0, text="Bye"), EVENTS[-1]])
    third = with_history(parse(input=[{"role": "user", "content": "three"}]), kept)
    function = {"name": "send", "arguments": '{"to": 1}'}
    answer = {
        "role": "assistant",
        "content": "Hello",
        "reasoning_content": "hm",
        "tool_calls": [{"id": "c", "type": "function", "function": function}],
    }
    turns = [{"role": "user", "content": "one"}, answer, {"role": "user", "content": "two"}]
    assert chat(second) == turns
    assert chat(third)[:3] == turns
    assert [message["content"] for message in chat(third)[3:]] == ["Bye", "three"]


def test_every_text_of_it_is_a_segment_again() -> None:
    second = with_history(parse(input="two"), remembered(parse(input="one")))
    texts = [(segment.origin, segment.text) for segment in second.segments]
    for segment in (("user", "one"), ("assistant", "Hello"), ("assistant", "hm"), ("user", "two")):
        assert segment in texts
    assert ("assistant", '{"to": 1}') in texts


def test_the_later_request_keeps_its_own_wishes() -> None:
    request = parse(input="two", store=False, stream=True, previous_response_id="resp_1")
    second = with_history(request, remembered(parse(input="one")))
    assert (second.keep, second.stream, second.previous_response_id) == (False, True, "resp_1")
    assert second.document["store"] is False


def test_what_the_caller_got_is_what_is_given_out_again() -> None:
    kept = remembered(parse(input="one", metadata={"a": "b"}))
    given = orjson.loads(response(kept))
    assert given["store"] is True
    assert given["metadata"] == {"a": "b"}
    assert [item["type"] for item in given["output"]] == ["reasoning", "message", "function_call"]
    assert all("id" in item for item in given["output"])
    assert orjson.loads(deleted("resp_1")) == {
        "id": "resp_1",
        "object": "response",
        "deleted": True,
    }


def test_a_conversation_that_is_too_long_is_refused_like_any_request() -> None:
    many = parse(input=[{"role": "user", "content": "x"}] * 12_000)
    with pytest.raises(InvalidRequest):
        with_history(many, remembered(many))


@pytest.mark.parametrize("events", [EVENTS[:-1], EVENTS[1:], []])
def test_a_reply_without_beginning_or_end_is_not_complete(events: list[Event]) -> None:
    memory = StoredConversation(parse())
    for event in events:
        memory.add(event)
    assert not memory.complete
