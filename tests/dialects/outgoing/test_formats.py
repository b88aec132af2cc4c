"""The texts of each format that can be the caller's; what only the gateway or litellm writes is none of them."""

from typing import Any

import pytest

from gateway.dialects.outgoing.formats import outgoing_texts
from gateway.types import WireFormat

FORMS: tuple[WireFormat, ...] = (
    "chat.completions",
    "completions",
    "embeddings",
    "anthropic",
    "gemini",
    "bedrock",
)

OWN: list[tuple[WireFormat, dict[str, Any]]] = [
    (
        "chat.completions",
        {
            "model": "gemma-3-27b",
            "max_tokens": 50,
            "stream": True,
            "stream_options": {"include_usage": True},
            "temperature": 0.6,
            "provider": {"only": ["together"], "data_collection": "deny"},
            "messages": [{"role": "user", "content": "CALLER"}],
        },
    ),
    ("completions", {"model": "gemma", "max_tokens": 5, "prompt": "CALLER"}),
    ("embeddings", {"model": "gemma", "encoding_format": "float", "input": ["CALLER"]}),
    (
        "anthropic",
        {
            "model": "claude-sonnet-4-5",
            "max_tokens": 50,
            "system": [{"type": "text", "text": "Error: CALLER"}],
            "messages": [
                {
                    "role": "assistant",
                    "content": [
                        {"type": "tool_use", "id": "call_0", "name": "dummy_tool", "input": {}}
                    ],
                }
            ],
            "tools": [
                {
                    "type": "custom",
                    "name": "dummy_tool",
                    "description": "This is a dummy tool call",
                    "input_schema": {"type": "object", "properties": {}},
                }
            ],
        },
    ),
    (
        "gemini",
        {
            "contents": [{"role": "user", "parts": [{"text": "CALLER"}]}],
            "generationConfig": {"temperature": 0.5, "max_output_tokens": 50},
            "toolConfig": {"functionCallingConfig": {"mode": "ANY"}},
        },
    ),
    (
        "bedrock",
        {
            "messages": [{"role": "user", "content": [{"text": "CALLER"}]}],
            "inferenceConfig": {"maxTokens": 50},
            "toolConfig": {"tools": [], "toolChoice": {"auto": {}}},
        },
    ),
]


@pytest.mark.parametrize(("form", "document"), OWN, ids=[form for form, _ in OWN])
def test_B01_B02_only_the_callers_words_are_texts(
    form: WireFormat, document: dict[str, Any]
) -> None:
    texts = {text.strip("\0 ") for text, _ in outgoing_texts(document, form)}
    assert texts - {""} == {"CALLER"}


@pytest.mark.parametrize("form", FORMS)
def test_an_unknown_field_is_a_text_in_every_format(form: WireFormat) -> None:
    texts = list(outgoing_texts({"zz": {"deep": ["CALLER", 41]}}, form))
    assert {"zz", "deep", "CALLER", "41"} == {text for text, _ in texts}


def test_a_call_that_is_written_as_text_keeps_its_places() -> None:
    text = '[tool call c1: send({"max": "CALLER", "n": 41})]'
    document = {"messages": [{"role": "user", "content": [{"text": text}]}]}
    assert list(outgoing_texts(document, "bedrock")) == [
        ("c1", "prose"),
        ("send", "tool_name"),
        ("max", "key"),
        ("CALLER", "literal"),
        ("n", "key"),
        ("41", "number"),
    ]
    for other in ("[tool call c1: send({}", "a [tool call c1: send({})]"):
        document = {"messages": [{"role": "user", "content": [{"text": other}]}]}
        assert [place for _, place in outgoing_texts(document, "bedrock")] == ["prose"]
