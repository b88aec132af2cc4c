"""Messages that litellm can translate."""

import json
from typing import Any

import pytest

from gateway.upstream.litellm.families import FAMILIES
from gateway.upstream.litellm.messages import readable_messages

OBJECTS = [FAMILIES[name] for name in ("anthropic", "gemini", "vertex", "bedrock")]
DEEP = "[" * 3000 + "]" * 3000


def called(arguments: Any) -> list[dict[str, Any]]:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": arguments}}
    return [{"role": "assistant", "content": None, "tool_calls": [call]}]


@pytest.mark.parametrize("family", OBJECTS, ids=lambda f: f.provider)
@pytest.mark.parametrize(
    "raw",
    [
        r'{"t":"Dear Kenji\_Tanaka"}', '{"t', r'{"t":"\ud83d"}', '{"t": NaN}', '\ufeff{"t":1}', "null", "[1]", '"x"',
        "text", '{"t":' + DEEP + "}",
    ],
)  # fmt: skip
def test_B04_arguments_that_are_no_object_are_put_into_one(family: Any, raw: str) -> None:
    (message,) = readable_messages(called(raw), family)
    arguments = json.loads(message["tool_calls"][0]["function"]["arguments"])
    assert arguments == {"unparsed_arguments": raw}


@pytest.mark.parametrize("raw", ["", " ", None])
def test_no_arguments_are_an_empty_object(raw: str | None) -> None:
    (message,) = readable_messages(called(raw), OBJECTS[0])
    assert message["tool_calls"][0]["function"]["arguments"] == "{}"


@pytest.mark.parametrize("raw", ['{"a": 1}', ' {"a": {"b": [1]}}'])
def test_an_object_is_unchanged(raw: str) -> None:
    assert readable_messages(called(raw), OBJECTS[0]) == called(raw)


@pytest.mark.parametrize("text", [DEEP, r'{"t":"\ud83d"}', '{"t": NaN}'])
def test_B04_a_result_that_the_two_parsers_read_otherwise_is_a_text(text: str) -> None:
    (message,) = readable_messages([{"role": "tool", "content": text}], OBJECTS[1])
    assert json.loads(message["content"]) == {"content": text}


@pytest.mark.parametrize("text", ["plain", '{"a": 1}', "{broken", "[1"])
def test_other_results_are_unchanged(text: str) -> None:
    message = {"role": "tool", "content": text}
    assert readable_messages([message], OBJECTS[1]) == [message]


@pytest.mark.parametrize("name", ["mistral", "azure"])
def test_formats_with_strings_are_unchanged(name: Any) -> None:
    assert readable_messages(called("{broken"), FAMILIES[name]) == called("{broken")


PARTS = [{"type": "text", "text": "to"}, {"type": "text", "text": "Anna"}]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mistral", {"role": "user"}),
        ("mistral", {"role": "system"}),
        ("bedrock", {"role": "tool", "tool_call_id": "c1"}),
        ("bedrock", called("{}")[0]),
    ],
)
def test_T01_parts_that_litellm_would_glue_together_stay_apart(
    name: Any, message: dict[str, Any]
) -> None:
    (readable,) = readable_messages([{**message, "content": PARTS}], FAMILIES[name])
    assert readable["content"] == "to\n\nAnna"


@pytest.mark.parametrize("name", ["anthropic", "gemini", "azure", "bedrock"])
def test_other_parts_are_unchanged(name: Any) -> None:
    message = {"role": "user", "content": PARTS}
    assert readable_messages([message], FAMILIES[name]) == [message]
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,"}}
    with_image = {"role": "user", "content": [*PARTS, image]}
    assert readable_messages([with_image], FAMILIES["mistral"]) == [with_image]
