"""Ollama's requests as OpenAI documents: everything has its place."""

from typing import Any

import orjson
import pytest

from gateway.dialects.base import Dialect
from gateway.dialects.ollama.dialect import Ollama
from gateway.dialects.openai.chat import OpenAIChat
from gateway.dialects.openai.completions import OpenAICompletions
from gateway.dialects.openai.embeddings import OpenAIEmbeddings
from tests.dialects.core.test_media import PNG
from tests.dialects.ollama.test_dialect import parse

OPENAI: dict[str, Dialect] = {
    "chat.completions": OpenAIChat(),
    "completions": OpenAICompletions(),
    "embeddings": OpenAIEmbeddings(),
}


def neutral(operation: str = "chat", **fields: Any) -> dict[str, Any]:
    """The neutral form, which is itself a request that the gateway would take."""
    masked = Ollama().rebuild(parse(operation, **fields), {}, {})
    found: dict[str, Any] = masked.neutral
    OPENAI[masked.form].parse(orjson.dumps({**found, "model": "r1"}), masked.form)
    return found


def test_the_simplest() -> None:
    simplest = {"messages": [{"role": "user", "content": "hi"}]}
    assert neutral() == simplest
    assert neutral("generate") == simplest
    assert neutral("generate", raw=True) == {"prompt": "hi"}
    assert neutral("generate", suffix="end") == {"prompt": "hi", "suffix": "end"}
    assert neutral("embed", dimensions=8) == {
        "input": "hi",
        "dimensions": 8,
        "encoding_format": "float",
    }


def test_options_have_their_names_and_hardware_is_left_out() -> None:
    found = neutral(
        options={"num_predict": 9, "num_ctx": 8192, "top_k": 40, "stop": ["END"], "seed": None}
    )
    found.pop("messages")
    assert found == {"max_tokens": 9, "top_k": 40, "stop": ["END"]}
    assert "max_tokens" not in neutral(options={"num_predict": -1})


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"format": "json"}, {"response_format": {"type": "json_object"}}),
        ({"format": ""}, {}),
        ({"think": False}, {"chat_template_kwargs": {"enable_thinking": False}}),
        ({"think": "high"}, {"reasoning_effort": "high"}),
        (
            {"format": {"type": "object"}},
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "output", "schema": {"type": "object"}, "strict": True},
                }
            },
        ),
    ],
)
def test_what_shapes_the_reply(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    found = neutral(**fields)
    found.pop("messages")
    assert found == expected


def test_calls_get_ids_by_their_order() -> None:
    call = {"function": {"name": "pay", "arguments": {"n": 1}}}
    found = neutral(
        messages=[
            {"role": "assistant", "content": "", "thinking": "hm", "tool_calls": [call, call]},
            {"role": "tool", "content": "one"},
            {"role": "tool", "content": "two"},
        ]
    )["messages"]
    function = {"name": "pay", "arguments": '{"n":1}'}
    assert found == [
        {
            "role": "assistant",
            "content": None,
            "reasoning_content": "hm",
            "tool_calls": [
                {"id": "call_0", "type": "function", "function": function},
                {"id": "call_1", "type": "function", "function": function},
            ],
        },
        {"role": "tool", "content": "one", "tool_call_id": "call_0"},
        {"role": "tool", "content": "two", "tool_call_id": "call_1"},
    ]


def test_pictures_become_parts() -> None:
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
    (turn,) = neutral("generate", images=[PNG], system="s")["messages"][1:]
    assert turn["content"] == [{"type": "text", "text": "hi"}, picture]
    (turn,) = neutral(messages=[{"role": "user", "images": [PNG]}])["messages"]
    assert turn["content"] == [picture]
