"""Streamed responses, as OpenAI's own types read them."""

import json
from typing import Any

import pytest
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter

from gateway.dialects.responses.dialect import OpenAIResponses
from gateway.errors import NoDeployment, UpstreamFailed
from gateway.types import Event, Finish, TextDelta
from tests.dialects.responses.test_dialect import START, parse
from tests.dialects.responses.test_reply import EVENTS, response


def framed(events: list[Event]) -> list[Any]:
    framer = OpenAIResponses().framer(parse(stream=True))
    body = b"".join(map(framer.feed, events)) + framer.done()
    documents = []
    for block in body.decode().strip().split("\n\n"):
        name, data = block.split("\n")
        document = json.loads(data.removeprefix("data: "))
        assert name == f"event: {document['type']}"
        documents.append(document)
    return documents


def test_every_event_is_one_that_openais_types_know() -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
    for document in framed(EVENTS):
        adapter.validate_python(document)


def test_events_are_numbered_and_end_with_the_whole_response() -> None:
    documents = framed(EVENTS)
    assert [d["sequence_number"] for d in documents] == list(range(len(documents)))
    assert documents[-1]["type"] == "response.completed"
    assert documents[-1]["response"] == response(EVENTS, stream=True)


def test_every_item_and_part_begins_and_ends_once() -> None:
    documents = framed(EVENTS)
    for begin, end in (
        ("response.output_item.added", "response.output_item.done"),
        ("response.content_part.added", "response.content_part.done"),
    ):
        began = sorted(d["output_index"] for d in documents if d["type"] == begin)
        ended = sorted(d["output_index"] for d in documents if d["type"] == end)
        assert began == ended == sorted(set(began))
    items = [d["item"] for d in documents if d["type"] == "response.output_item.done"]
    by_id = sorted(items, key=lambda item: item["id"])
    assert by_id == sorted(documents[-1]["response"]["output"], key=lambda item: item["id"])


def test_a_cut_reply_ends_incomplete() -> None:
    events: list[Event] = [START, TextDelta(choice=0, text="x"), Finish(choice=0, reason="length")]
    assert framed(events)[-1]["type"] == "response.incomplete"


def test_a_stream_without_an_end_is_no_reply() -> None:
    with pytest.raises(UpstreamFailed):
        framed([START])


def test_an_error_has_the_fields_of_openais_types() -> None:
    framer = OpenAIResponses().framer(parse())
    frame = framer.error(NoDeployment("None."), "req-1").decode()
    document = json.loads(frame.split("data: ")[1])
    TypeAdapter[Any](ResponseStreamEvent).validate_python(document)
    assert document["error"]["request_id"] == "req-1"
    assert framer.comment().startswith(b":")
