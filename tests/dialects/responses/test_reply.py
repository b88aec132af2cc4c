"""Whole responses, as OpenAI's own types read them."""

from typing import Any

import pytest
from openai.types.responses import Response

from gateway.dialects.responses.reply import Output, usage_document
from gateway.types import (
    Event,
    Finish,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolDelta,
    UsageEvent,
)
from tests.dialects.responses.test_dialect import START, parse

EVENTS: list[Event] = [
    START,
    ReasoningDelta(choice=0, text="h"),
    ReasoningDelta(choice=0, text="m"),
    ReasoningDelta(choice=0, text="hm", field_name="reasoning"),
    TextDelta(choice=0, text="I "),
    TextDelta(choice=0, text="太郎"),
    ToolDelta(choice=0, part=0, call_id="t1", name="pay", text='{"n":'),
    ToolDelta(choice=0, part=1, call_id="t2", name="tell", text="{"),
    ToolDelta(choice=0, part=0, text="1}"),
    ToolDelta(choice=0, part=1, text="}"),
    Finish(choice=0, reason="tool_calls"),
    UsageEvent(input_tokens=3, output_tokens=5),
]


def response(events: list[Event], **fields: Any) -> dict[str, Any]:
    output = Output(parse(**fields))
    for event in events:
        output.add(event)
    return output.response("completed")


def test_items_follow_one_another_and_openais_types_read_them() -> None:
    document = response(EVENTS, instructions="be brief")
    read = Response.model_validate(document)
    assert read.output_text == "I 太郎"
    kinds = [item["type"] for item in document["output"]]
    assert kinds == ["reasoning", "message", "function_call", "function_call"]
    assert document["output"][0]["content"] == [{"type": "reasoning_text", "text": "hm"}]
    assert [i["arguments"] for i in document["output"][2:]] == ['{"n":1}', "{}"]
    assert (document["status"], document["instructions"]) == ("completed", "be brief")


@pytest.mark.parametrize(
    ("reason", "why"), [("length", "max_output_tokens"), ("content_filter", "content_filter")]
)
def test_a_reply_that_was_cut_is_incomplete(reason: str, why: str) -> None:
    document = response([START, TextDelta(choice=0, text="x"), Finish(choice=0, reason=reason)])
    assert document["status"] == "incomplete"
    assert document["incomplete_details"] == {"reason": why}


def test_a_refusal_is_a_part_of_its_own() -> None:
    document = response([START, RefusalDelta(choice=0, text="no"), Finish(choice=0, reason="stop")])
    assert document["output"][0]["content"] == [{"type": "refusal", "refusal": "no"}]


def test_counts() -> None:
    details = {
        "prompt_tokens_details": {"cached_tokens": 2},
        "completion_tokens_details": {"reasoning_tokens": 3},
    }
    counts = usage_document(UsageEvent(input_tokens=4, output_tokens=5, details=details))
    assert counts == {
        "input_tokens": 4,
        "input_tokens_details": {"cached_tokens": 2, "cache_write_tokens": 0},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 3},
        "total_tokens": 9,
    }
    assert usage_document(None) is None
