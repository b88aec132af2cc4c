"""The Responses API, without a store."""

from typing import Any

import orjson
import pytest

from gateway.dialects.openai_responses import OpenAIResponses
from gateway.errors import UpstreamFailed
from gateway.types import Call, Event, Finish, Start, TextDelta

DIALECT = OpenAIResponses()
START = Start(id="c1", model="up", created=7)


def parse(**fields: Any) -> Call:
    document = {"model": "r1", "input": "hi", **fields}
    return DIALECT.parse(orjson.dumps(document), "responses")


def test_a_call_is_what_was_asked() -> None:
    tool = {"type": "function", "name": "send", "parameters": {}}
    call = parse(tools=[tool], stream=True, max_output_tokens=9, store=True)
    assert (call.stream, call.tools, call.max_output_tokens) == (True, frozenset({"send"}), 9)


def test_nothing_is_stored_whatever_was_asked() -> None:
    call = parse(store=True)
    assert DIALECT.rebuild(call, {}, {}).document["store"] is False
    events: list[Event] = [START, TextDelta(choice=0, text="x"), Finish(choice=0, reason="stop")]
    assert orjson.loads(DIALECT.assemble(call, events))["store"] is False


def test_an_incomplete_reply_is_refused() -> None:
    for events in ([START], [Finish(choice=0, reason="stop")]):
        with pytest.raises(UpstreamFailed):
            DIALECT.assemble(parse(), events)
