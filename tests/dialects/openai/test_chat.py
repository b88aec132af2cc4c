"""The dialect as a whole: where text can be, the neutral form, the facts of a call."""

import copy
from typing import Any

import orjson
import pytest

from gateway.dialects.openai.chat import OpenAIChat
from gateway.errors import InvalidRequest
from gateway.types import Segment
from tests.dialects.requests import OPERATION, chat, function, holding, message, parse

CARD = "4111 1111 1111 1111"

_CALLS = [
    {
        "id": "call_1",
        "type": "function",
        "function": {"name": "pay", "arguments": f'{{"card": "{CARD}"}}'},
    }
]

POSITIONS: dict[str, tuple[dict[str, Any], str]] = {
    "system": (message("system", content=CARD), "system"),
    "developer": (message("developer", content=CARD), "system"),
    "user": (message(content=f"pay with {CARD}"), "user"),
    "user part": (message(content=[{"type": "text", "text": CARD}]), "user"),
    "earlier assistant turn": (
        chat(
            messages=[
                {"role": "assistant", "content": CARD},
                {"role": "user", "content": "and now?"},
            ]
        ),
        "assistant",
    ),
    "refusal": (message("assistant", refusal=CARD), "assistant"),
    "reasoning": (message("assistant", content="x", reasoning_content=CARD), "assistant"),
    "tool call arguments": (message("assistant", tool_calls=_CALLS), "assistant"),
    "function call arguments": (
        message("assistant", function_call={"name": "pay", "arguments": f'["{CARD}"]'}),
        "assistant",
    ),
    "tool result": (message("tool", tool_call_id="call_1", content=CARD), "tool"),
    "participant's name": (message(content="x", name=CARD), "user"),
    "tool description": (function(description=CARD), "schema"),
    "parameter description": (
        function(parameters={"properties": {"a": {"description": CARD}}}),
        "schema",
    ),
    "parameter default": (function(parameters={"properties": {"a": {"default": CARD}}}), "schema"),
    "response format": (
        chat(response_format={"type": "json_schema", "json_schema": {"schema": {"title": CARD}}}),
        "schema",
    ),
    "metadata value": (chat(metadata={"a": CARD}), "other"),
    "metadata key": (chat(metadata={CARD: "a"}), "other"),
    "user field": (chat(user=CARD), "other"),
    "stop": (chat(stop=[CARD]), "other"),
    "prediction": (chat(prediction={"type": "content", "content": CARD}), "other"),
    "unknown nested field": (chat(thinking={"new": CARD}), "other"),
}


@pytest.mark.parametrize(("document", "origin"), POSITIONS.values(), ids=POSITIONS)
def test_T03_T05_T06_every_position_is_a_segment_and_can_be_masked(
    document: dict[str, Any], origin: str
) -> None:
    call = parse(document)
    found = holding(call, CARD)
    assert [segment.origin for segment in found] == [origin]
    before = copy.deepcopy(call.document)
    masked = OpenAIChat().rebuild(call, _hiding(call.segments, CARD), {"CREDIT_CARD": 1})
    assert CARD not in orjson.dumps([masked.document, masked.neutral]).decode()
    assert call.document == before


def _hiding(segments: tuple[Segment, ...], value: str) -> dict[int, str]:
    return {
        index: segment.text.replace(value, "[CREDIT_CARD_k7f3q2ab]")
        for index, segment in enumerate(segments)
        if value in segment.text
    }


IDENTIFIERS: dict[str, dict[str, Any]] = {
    "tool": chat(tools=[{"type": "function", "function": {"name": "Taro"}}]),
    "tool choice": chat(tool_choice={"type": "function", "function": {"name": "Taro"}}),
    "allowed tools": chat(
        tool_choice={
            "type": "allowed_tools",
            "allowed_tools": {
                "mode": "auto",
                "tools": [{"type": "function", "function": {"name": "Taro"}}],
            },
        }
    ),
    "tool call": message(
        "assistant",
        tool_calls=[{"type": "function", "function": {"name": "Taro", "arguments": "{}"}}],
    ),
    "tool message": message("tool", name="Taro", content="x"),
    "property": function(parameters={"properties": {"Taro": {}}}),
    "schema": chat(response_format={"type": "json_schema", "json_schema": {"name": "Taro"}}),
}


@pytest.mark.parametrize(("kind", "document"), IDENTIFIERS.items(), ids=IDENTIFIERS)
def test_names_that_vendors_check_are_identifiers(kind: str, document: dict[str, Any]) -> None:
    place = "identifier" if kind == "property" else "tool_name"
    assert [segment.place for segment in holding(parse(document), "Taro")] == [place]


def test_T59_numbers_and_keys_in_metadata_and_schemas_are_segments() -> None:
    document = chat(metadata={"Taro": {"card": 4111111111111111}})
    places = {(segment.place, segment.text) for segment in parse(document).segments}
    assert {("key", "Taro"), ("number", "4111111111111111")} <= places


def test_the_facts_of_a_call() -> None:
    document = function(description="Books a room")
    call = parse(
        {
            **document,
            "stream": True,
            "max_tokens": 5,
            "max_completion_tokens": 7,
            "metadata": {"sekisho_purpose": "support"},
        }
    )
    assert (call.dialect, call.operation, call.model) == ("openai", OPERATION, "r1")
    assert call.stream
    assert (set(call.tools), set(call.modalities)) == ({"book"}, {"text"})
    assert (call.purpose, call.max_output_tokens) == ("support", 7)
    assert parse(chat(max_tokens=5)).max_output_tokens == 5
    assert parse(chat(stream=None)).stream is False


def test_stream_options_need_a_stream() -> None:
    with pytest.raises(InvalidRequest, match="stream"):
        parse(chat(stream_options={"include_usage": True}))


def test_the_neutral_form_has_neither_the_model_nor_what_is_for_the_gateway() -> None:
    call = parse(chat(temperature=0, metadata={"sekisho_purpose": "support", "a": "b"}))
    masked = OpenAIChat().rebuild(call, {}, {})
    assert masked.document == call.document
    assert masked.neutral == {
        "messages": call.document["messages"],
        "temperature": 0,
        "metadata": {"a": "b"},
    }
    alone = parse(chat(metadata={"sekisho_purpose": "support"}))
    assert "metadata" not in OpenAIChat().rebuild(alone, {}, {}).neutral


def test_reprs_hold_no_text() -> None:
    call = parse(message(content="Taro Tanaka", name="Taro"))
    masked = OpenAIChat().rebuild(call, {}, {})
    assert "Taro" not in repr((call, masked))


def test_a_body_of_eight_megabytes_is_parsed() -> None:
    text = "x" * (8 * 1024 * 1024)
    assert parse(message(content=text)).segments[0].text == text
