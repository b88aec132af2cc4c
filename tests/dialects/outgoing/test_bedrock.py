"""Requests to Bedrock's Converse API, as litellm writes them."""

import json
from typing import Any

import pytest

from gateway.dialects.outgoing.formats import outgoing_texts


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ({"text": "Taro"}, [("Taro", "prose")]),
        ({"cachePoint": {"type": "default"}}, []),
        (
            {"toolUse": {"toolUseId": "c1", "name": "pay", "input": {"max": "Taro"}}},
            [("Taro", "literal"), ("c1", "prose"), ("max", "key"), ("pay", "tool_name")],
        ),
        (
            {"toolResult": {"toolUseId": "c1", "status": "success", "content": [{"text": "Taro"}]}},
            [("Taro", "prose"), ("c1", "prose")],
        ),
        ({"toolResult": {"toolUseId": "c1", "status": "Taro"}}, [("Taro", "prose"), ("c1", "prose")]),
    ],
)  # fmt: skip
def test_the_places_of_a_block(block: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    document = {"messages": [{"role": "assistant", "content": [block]}]}
    assert sorted(tuple(one) for one in outgoing_texts(document, "bedrock")) == sorted(expected)


def test_a_schema_in_a_string_has_the_places_of_a_schema() -> None:
    schema = json.dumps({"properties": {"max": {"description": "Taro"}}})
    inner = {"schema": schema, "name": "reply"}
    document = {"outputConfig": {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": inner}}}}  # fmt: skip
    assert sorted(tuple(one) for one in outgoing_texts(document, "bedrock")) == [
        ("Taro", "prose"),
        ("max", "identifier"),
        ("reply", "tool_name"),
    ]
