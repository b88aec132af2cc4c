"""The Responses API."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from gateway.dialects.responses.dialect import OpenAIResponses
from gateway.errors import UpstreamFailed
from gateway.types import Call, Event, Finish, ReplyStored, Start, TextDelta

DIALECT = OpenAIResponses()
START = Start(id="c1", model="up", created=7)


def parse(**fields: Any) -> Call:
    document = {"model": "r1", "input": "hi", **fields}
    return DIALECT.parse(orjson.dumps(document), "responses")


def test_a_call_holds_what_was_requested() -> None:
    tool = {"type": "function", "name": "send", "parameters": {}}
    call = parse(tools=[tool], stream=True, max_output_tokens=9, store=True)
    assert (call.stream, call.tools, call.max_output_tokens) == (True, frozenset({"send"}), 9)


def test_the_wish_to_keep_a_reply_is_the_gateways_and_is_not_sent_on() -> None:
    assert [parse(**extra).keep for extra in ({}, {"store": True}, {"store": None})] == [True] * 3
    assert parse(store=False).keep is False
    masked = DIALECT.rebuild(parse(store=True), {}, {})
    assert masked.document["store"] is False
    assert "store" not in masked.neutral


def test_the_reply_reports_whether_it_was_stored_and_what_it_continues() -> None:
    events: list[Event] = [START, TextDelta(choice=0, text="x"), Finish(choice=0, reason="stop")]
    call = replace(parse(previous_response_id="resp_0"), reply_id="resp_9")
    reply = orjson.loads(DIALECT.assemble(call, events))
    assert (reply["store"], reply["id"], reply["previous_response_id"]) == (
        False,
        "resp_9",
        "resp_0",
    )
    assert orjson.loads(DIALECT.assemble(call, [*events, ReplyStored()]))["store"] is True
    assert orjson.loads(DIALECT.assemble(parse(), events))["id"] == "resp_c1"


def test_an_incomplete_reply_is_refused() -> None:
    for events in ([START], [Finish(choice=0, reason="stop")]):
        with pytest.raises(UpstreamFailed):
            DIALECT.assemble(parse(), events)
