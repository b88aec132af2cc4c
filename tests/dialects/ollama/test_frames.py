"""Ollama's replies, as its own SDK reads them."""

import json
from typing import Any

import orjson
import pytest
from ollama import ChatResponse, GenerateResponse

from gateway.dialects.ollama.dialect import Ollama
from gateway.errors import NoDeployment, UpstreamFailed
from gateway.types import Event, Finish, ReasoningDelta, Start, TextDelta, ToolDelta, UsageEvent
from tests.dialects.ollama.test_dialect import parse

START = Start(id="c1", model="up", created=1_700_000_000)
END = Finish(choice=0, reason="stop")
EVENTS: list[Event] = [
    START,
    ReasoningDelta(choice=0, text="hm"),
    ReasoningDelta(choice=0, text="hm", field_name="reasoning"),
    TextDelta(choice=0, text="I "),
    TextDelta(choice=0, text="太郎"),
    ToolDelta(choice=0, part=0, call_id="t1", name="pay", text='{"n":'),
    ToolDelta(choice=0, part=0, text="1}"),
    Finish(choice=0, reason="tool_calls"),
    UsageEvent(input_tokens=3, output_tokens=5),
]


def framed(events: list[Event], operation: str = "chat") -> list[Any]:
    framer = Ollama().framer(parse(operation))
    body = b"".join(map(framer.feed, events)) + framer.done()
    return [json.loads(line) for line in body.decode().splitlines()]


def whole(events: list[Event], operation: str = "chat") -> Any:
    return orjson.loads(Ollama().assemble(parse(operation, stream=False), events))


def test_a_stream_and_a_whole_reply_have_the_same_content() -> None:
    lines = [ChatResponse.model_validate(line) for line in framed(EVENTS)]
    reply = ChatResponse.model_validate(whole(EVENTS))
    assert "".join(line.message.content or "" for line in lines) == reply.message.content
    assert reply.message.content == "I 太郎"
    assert reply.message.thinking == "hm"
    calls = [call for line in lines for call in line.message.tool_calls or ()]
    assert calls == reply.message.tool_calls
    assert calls[0].function.arguments == {"n": 1}
    assert [line.done for line in lines] == [False] * (len(lines) - 1) + [True]
    assert (reply.prompt_eval_count, reply.eval_count, reply.done_reason) == (3, 5, "stop")
    assert reply.created_at == "2023-11-14T22:13:20Z"


def test_generate_has_a_place_of_its_own() -> None:
    events: list[Event] = [
        START,
        ReasoningDelta(choice=0, text="hm"),
        TextDelta(choice=0, text="太郎"),
        Finish(choice=0, reason="length"),
    ]
    reply = GenerateResponse.model_validate(whole(events, "generate"))
    assert (reply.response, reply.thinking, reply.done_reason) == ("太郎", "hm", "length")
    lines = framed(events, "generate")
    assert "".join(line["response"] for line in lines) == "太郎"


def test_what_is_no_reply_is_refused() -> None:
    cut = ToolDelta(choice=0, part=0, call_id="t1", name="pay", text='{"n":')
    broken: list[list[Event]] = [[START], [END], [START, cut, END]]
    for events in broken:
        with pytest.raises(UpstreamFailed):
            framed(events)
        with pytest.raises(UpstreamFailed):
            whole(events)


def test_an_absurd_time_is_the_epoch() -> None:
    late = Start(id="c1", model="up", created=2**62)
    assert whole([late, END])["created_at"] == "1970-01-01T00:00:00Z"


def test_a_held_stream_is_kept_open_by_an_empty_object() -> None:
    framer = Ollama().framer(parse())
    framer.feed(START)
    line = json.loads(framer.comment())
    assert (line["message"]["content"], line["done"]) == ("", False)


def test_an_error_is_one_line() -> None:
    line = Ollama().framer(parse()).error(NoDeployment("None."), "req-1")
    assert line.endswith(b"\n")
    assert json.loads(line)["error"] == "None."
