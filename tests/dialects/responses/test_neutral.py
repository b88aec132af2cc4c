"""Responses requests as chat documents: everything has its place."""

from typing import Any

import orjson

from gateway.dialects.openai.chat import OpenAIChat
from gateway.dialects.responses.dialect import OpenAIResponses
from tests.dialects.core.test_media import PNG
from tests.dialects.responses.test_dialect import parse


def neutral(**fields: Any) -> dict[str, Any]:
    """The neutral form, which is itself a chat request that the gateway would take."""
    found: dict[str, Any] = OpenAIResponses().rebuild(parse(**fields), {}, {}).neutral
    OpenAIChat().parse(orjson.dumps({**found, "model": "r1"}), "chat.completions")
    return found


def test_the_simplest() -> None:
    assert neutral() == {"messages": [{"role": "user", "content": "hi"}]}


def test_parameters() -> None:
    schema = {"type": "object"}
    found = neutral(
        instructions="be brief",
        temperature=0.5,
        max_output_tokens=9,
        reasoning={"effort": "low", "summary": "auto"},
        text={
            "verbosity": "low",
            "format": {"type": "json_schema", "name": "x", "schema": schema, "strict": True},
        },
        tools=[{"type": "function", "name": "f", "parameters": schema, "strict": False}],
        tool_choice={"type": "function", "name": "f"},
    )
    assert found == {
        "messages": [
            {"role": "system", "content": "be brief"},
            {"role": "user", "content": "hi"},
        ],
        "temperature": 0.5,
        "max_tokens": 9,
        "reasoning_effort": "low",
        "verbosity": "low",
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "x", "schema": schema, "strict": True},
        },
        "tools": [
            {
                "type": "function",
                "function": {"name": "f", "parameters": schema, "strict": False},
            }
        ],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
    }


def test_items_of_one_turn_are_one_message() -> None:
    call = {"type": "function_call", "call_id": "c1", "name": "pay", "arguments": '{"n": 1}'}
    found = neutral(
        input=[
            {"role": "user", "content": "a"},
            {
                "type": "reasoning",
                "summary": [{"type": "summary_text", "text": "hm"}],
                "encrypted_content": "gAAA",
            },
            {"role": "assistant", "content": [{"type": "output_text", "text": "I pay"}]},
            call,
            {"type": "function_call_output", "call_id": "c1", "output": "paid"},
            {"type": "message", "role": "assistant", "content": "one"},
            {"type": "message", "role": "assistant", "content": "two"},
        ]
    )
    function = {"name": "pay", "arguments": '{"n": 1}'}
    assert found["messages"] == [
        {"role": "user", "content": "a"},
        {
            "role": "assistant",
            "content": "I pay",
            "reasoning_content": "hm",
            "tool_calls": [{"id": "c1", "type": "function", "function": function}],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "paid"},
        {"role": "assistant", "content": "one"},
        {"role": "assistant", "content": "two"},
    ]


def test_parts_and_choices() -> None:
    url = f"data:image/png;base64,{PNG}"
    found = neutral(
        input=[
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "see"},
                    {"type": "input_image", "image_url": url, "detail": "low"},
                    {"type": "input_file", "filename": "a.pdf", "file_data": "JVBERi0="},
                ],
            }
        ],
        tool_choice={"type": "allowed_tools", "tools": [{"type": "function", "name": "f"}]},
        text={"format": {"type": "json_object"}},
    )
    assert found["messages"][0]["content"] == [
        {"type": "text", "text": "see"},
        {"type": "image_url", "image_url": {"url": url, "detail": "low"}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "JVBERi0="}},
    ]
    assert found["tool_choice"]["allowed_tools"]["mode"] == "auto"
    assert found["response_format"] == {"type": "json_object"}
    assert neutral(tool_choice="required")["tool_choice"] == "required"
