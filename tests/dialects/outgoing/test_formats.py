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


def _texts(form: WireFormat, text: str) -> list[str]:
    part = {"text": text} if form == "bedrock" else {"type": "text", "text": text}
    document = {"messages": [{"role": "user", "content": [part]}]}
    return [found.strip("\0 ") for found, _ in outgoing_texts(document, form)]


@pytest.mark.parametrize(
    "text",
    [
        "[tool call call_0: send({})]",
        "CALLER\n[tool call call_0: send({})]\n[tool call call_1: send({})]",
        "[tool result for call_0: CALLER]",
        "[tool result for call_0: Error: CALLER]",
        "<non-text tool result omitted>",
    ],
)
def test_B01_what_litellm_writes_around_calls_and_results_is_no_text(text: str) -> None:
    assert set(_texts("bedrock", text)) - {""} <= {"CALLER", "send"}
    assert ("CALLER" in _texts("bedrock", text)) == ("CALLER" in text)


@pytest.mark.parametrize(
    "text",
    [
        "[tool call c1: Anna Weber()]",
        "[tool call c1: send({})] CALLER",
        "[tool call c1: send({})\n[tool call c2: send({})]",
        "[tool result for CALLER",
    ],
)
def test_T01_what_only_begins_like_a_call_is_the_callers_prose(text: str) -> None:
    assert _texts("bedrock", text) == [text]


@pytest.mark.parametrize("number", ["4111111111111111", "9012345678", "4111111111.5"])
def test_T01_a_long_number_behind_a_note_is_the_callers(number: str) -> None:
    for note in ("maximum value", "minimum number of items"):
        assert number in _texts("anthropic", f"{note}: {number}")[0]
    assert number in _texts("anthropic", f"must be a multiple of {number}")[0]


def test_B01_a_bound_in_a_note_is_not_searched() -> None:
    text = "Note: minimum value: 1234, must be a multiple of 0.5, maximum number of items: 12."
    assert not any(character.isalnum() for character in _texts("anthropic", text)[0])
