"""Messages requests as chat documents: everything has its place."""

from typing import Any

import orjson
import pytest

from gateway.dialects.anthropic.dialect import AnthropicMessages
from gateway.dialects.openai.chat import OpenAIChat
from tests.dialects.core.test_media import PNG


def neutral(**fields: Any) -> dict[str, Any]:
    """The neutral form, which is itself a chat request that the gateway would take."""
    document = {
        "model": "r1",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "hi"}],
        **fields,
    }
    dialect = AnthropicMessages()
    call = dialect.parse(orjson.dumps(document), "messages")
    found: dict[str, Any] = dialect.rebuild(call, {}, {}).neutral
    OpenAIChat().parse(orjson.dumps({**found, "model": "r1"}), "chat.completions")
    return found


def messages(*turns: dict[str, Any]) -> list[Any]:
    found: list[Any] = neutral(messages=list(turns))["messages"]
    return found


def test_the_simplest() -> None:
    assert neutral() == {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 9}


def test_parameters() -> None:
    found = neutral(
        system=[{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
        temperature=0.5,
        top_p=0.9,
        top_k=40,
        stop_sequences=["END"],
        thinking={"type": "enabled", "budget_tokens": 1024, "display": "omitted"},
        metadata={"user_id": "u1"},
        service_tier="standard_only",
        output_config={
            "effort": "low",
            "format": {"type": "json_schema", "schema": {"type": "object"}},
        },
    )
    assert found.pop("messages")[0]["content"] == [
        {"type": "text", "text": "a"},
        {"type": "text", "text": "b"},
    ]
    assert found == {
        "max_tokens": 9,
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 40,
        "stop": ["END"],
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "user": "u1",
        "service_tier": "default",
        "reasoning_effort": "low",
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "output", "schema": {"type": "object"}, "strict": True},
        },
    }


def test_a_turn_of_the_assistant_and_the_results_of_its_tools() -> None:
    translated = messages(
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": ""},
                {"type": "thinking", "thinking": "signed", "signature": "EqQBCg=="},
                {"type": "redacted_thinking", "data": "EqQBCg=="},
                {"type": "text", "text": "I pay"},
                {"type": "tool_use", "id": "t1", "name": "pay", "input": {"n": 1}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "and?"},
                {"type": "tool_result", "tool_use_id": "t1", "content": "no", "is_error": True},
            ],
        },
    )
    function = {"name": "pay", "arguments": '{"n":1}'}
    assert translated == [
        {
            "role": "assistant",
            "reasoning_content": "hm",
            "content": "I pay",
            "tool_calls": [{"id": "t1", "type": "function", "function": function}],
        },
        {"role": "tool", "tool_call_id": "t1", "content": "Error: no"},
        {"role": "user", "content": "and?"},
    ]


def test_a_turn_of_nothing_but_thinking_has_empty_content() -> None:
    thought = {"type": "thinking", "thinking": "signed", "signature": "EqQBCg=="}
    (turn,) = messages({"role": "assistant", "content": [thought]})
    assert turn == {"role": "assistant", "content": ""}


def test_pictures_and_documents() -> None:
    source = {"type": "base64", "media_type": "image/png", "data": PNG}
    plain = {"type": "text", "media_type": "text/plain", "data": "body"}
    pdf = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}
    (turn,) = messages(
        {
            "role": "user",
            "content": [
                {"type": "image", "source": source},
                {"type": "document", "title": "T", "context": "C", "source": plain},
                {"type": "document", "title": "P.pdf", "source": pdf},
                {
                    "type": "search_result",
                    "title": "S",
                    "source": "https://s.example",
                    "content": [{"type": "text", "text": "found"}],
                },
            ],
        }
    )
    assert turn["content"] == [
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
        {"type": "text", "text": "T\nC"},
        {"type": "text", "text": "body"},
        {
            "type": "file",
            "file": {"filename": "P.pdf", "file_data": "data:application/pdf;base64,JVBERi0="},
        },
        {"type": "text", "text": "S\nhttps://s.example"},
        {"type": "text", "text": "found"},
    ]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"type": "auto"}, {"tool_choice": "auto"}),
        ({"type": "any"}, {"tool_choice": "required"}),
        ({"type": "none"}, {"tool_choice": "none"}),
        (
            {"type": "tool", "name": "f", "disable_parallel_tool_use": True},
            {
                "tool_choice": {"type": "function", "function": {"name": "f"}},
                "parallel_tool_calls": False,
            },
        ),
    ],
)
def test_tools(choice: dict[str, Any], expected: dict[str, Any]) -> None:
    tool = {"name": "f", "description": "d", "input_schema": {"type": "object"}, "strict": True}
    found = neutral(tools=[tool, {**tool, "input_examples": [{"a": 1}]}], tool_choice=choice)
    first, second = (row["function"] for row in found["tools"])
    assert first == {
        "name": "f",
        "parameters": {"type": "object"},
        "description": "d",
        "strict": True,
    }
    assert second["parameters"]["examples"] == [{"a": 1}]
    assert {k: found[k] for k in ("tool_choice", "parallel_tool_calls") if k in found} == expected
