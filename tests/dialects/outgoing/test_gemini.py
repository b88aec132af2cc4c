"""Requests to Gemini, as litellm writes them."""

from typing import Any

import pytest

from gateway.dialects.outgoing.formats import outgoing_texts


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({"text": "Taro"}, [("Taro", "prose")]),
        ({"thoughtSignature": "Taro"}, [("Taro", "signed")]),
        (
            {"functionCall": {"name": "pay", "args": {"max": "Taro"}}},
            [("Taro", "literal"), ("max", "key"), ("pay", "tool_name")],
        ),
        (
            {"function_response": {"name": "pay", "response": {"content": "Taro"}}},
            [("Taro", "prose"), ("pay", "tool_name")],
        ),
        (
            {"function_response": {"name": "pay", "response": {"Taro": "x"}}},
            [("Taro", "prose"), ("pay", "tool_name"), ("x", "prose")],
        ),
        ({"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}, []),
        ({"inline_data": {"mime_type": "image/png", "data": "not base64!"}}, [("not base64!", "prose")]),
    ],
)  # fmt: skip
def test_the_places_of_a_part(part: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    document = {"contents": [{"role": "model", "parts": [part]}]}
    assert sorted(tuple(one) for one in outgoing_texts(document, "gemini")) == sorted(expected)


def test_names_of_tools_and_schemas() -> None:
    schema = {"type": "object", "properties": {"max": {"type": "string", "description": "Taro"}}}
    declared = {"name": "pay", "description": "pays", "parameters": schema}
    document = {
        "tools": [{"function_declarations": [declared]}],
        "generationConfig": {"response_mime_type": "application/json", "response_schema": schema},
    }
    assert sorted(set(map(tuple, outgoing_texts(document, "gemini")))) == [
        ("Taro", "prose"),
        ("max", "identifier"),
        ("pay", "tool_name"),
        ("pays", "prose"),
    ]
