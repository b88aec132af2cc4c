"""Messages: who turn what, in which part, and what no detector reads."""

from typing import Any

import pytest

from gateway.errors import ClientError, InvalidRequest, UnsupportedField
from gateway.types import Origin
from tests.dialects.requests import chat, holding, message, parse

PIXEL = "data:image/png;base64,iVBORw0KGgo="


@pytest.mark.parametrize(
    ("role", "origin"),
    [
        ("system", "system"),
        ("developer", "system"),
        ("user", "user"),
        ("assistant", "assistant"),
        ("tool", "tool"),
        ("function", "tool"),
    ],
)
def test_T04_the_role_tells_the_origin(role: str, origin: Origin) -> None:
    call = parse(message(role, content="Hello Taro", name="n"))
    assert [segment.origin for segment in holding(call, "Taro")] == [origin]


@pytest.mark.parametrize(
    ("role", "place"), [("user", "prose"), ("assistant", "prose"), ("tool", "tool_name")]
)
def test_a_persons_name_can_be_replaced_and_a_tools_cannot(role: str, place: str) -> None:
    found = holding(parse(message(role, content="x", name="Taro")), "Taro")
    assert [segment.place for segment in found] == [place]


PARTS: list[tuple[dict[str, Any], str]] = [
    ({"type": "image_url", "image_url": {"url": PIXEL}}, "image"),
    ({"type": "image_url", "image_url": {"url": "HTTPS://x.example/a"}}, "image"),
    ({"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}, "audio"),
    ({"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBERi0="}}, "file"),
    ({"type": "file", "file": {"file_data": "JVBERi0=", "filename": "a.pdf"}}, "file"),
]


@pytest.mark.parametrize(("part", "modality"), PARTS)
def test_what_no_detector_reads_is_counted(part: dict[str, Any], modality: str) -> None:
    call = parse(message(content=[{"type": "text", "text": "Look"}, part]))
    assert call.modalities == {"text", modality}
    assert not holding(call, "base64")


def test_addresses_and_names_of_files_are_scanned() -> None:
    image = {"type": "image_url", "image_url": {"url": "https://x.example/?q=Taro"}}
    file = {"type": "file", "file": {"file_data": "JVBERi0=", "filename": "Taro.pdf"}}
    call = parse(message(content=[image, file]))
    assert len(holding(call, "Taro")) == 2


REFUSED_PARTS: list[Any] = [
    {"type": "image_url", "image_url": {"url": "file:///etc/passwd"}},
    {"type": "image_url", "image_url": {"url": "ftp://x.example/a"}},
    {"type": "image_url", "image_url": {"url": "data:image/png,Taro Tanaka"}},
    {"type": "image_url", "image_url": {"url": "data:image/png;base64,Taro Tanaka"}},
    {"type": "image_url", "image_url": {"url": "data:text/plain;base64,VGFybw=="}},
    {"type": "image_url", "image_url": {"url": f"{PIXEL}\n"}},
    {"type": "image_url", "image_url": PIXEL},
    {"type": "image_url"},
    {"type": "input_audio", "input_audio": {"data": "Taro Tanaka", "format": "wav"}},
    {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "Taro"}},
    {"type": "file", "file": {"file_id": "file-1"}},
    {"type": "file", "file": {"file_data": "data:;Taro"}},
    {"type": "video_url", "video_url": {"url": "https://x.example/a"}},
    {"type": "Taro"},
    {"text": "Taro"},
    {"type": "text"},
    {"type": "text", "text": 1},
    "Taro",
    None,
]


@pytest.mark.parametrize("part", REFUSED_PARTS)
def test_parts_that_hide_text_or_name_a_stored_file_are_refused(part: Any) -> None:
    with pytest.raises(ClientError) as caught:
        parse(message(content=[part]))
    assert caught.value.param
    assert caught.value.param.startswith("messages[0].content[0]")
    assert "Taro" not in str(caught.value.args)


@pytest.mark.parametrize("content", [[1, 2, 3], [[1, 2], [3]], [15339, "x"]])
def test_T58_token_ids_are_refused_with_the_remedy(content: Any) -> None:
    with pytest.raises(UnsupportedField, match="send text"):
        parse(message(content=content))


@pytest.mark.parametrize(
    "wrong",
    [
        {"role": "user"},
        {"role": "user", "content": None},
        {"role": "user", "content": 5},
        {"role": "user", "content": {"text": "x"}},
        {"role": "root", "content": "x"},
        {"role": None, "content": "x"},
        {"role": ["user"], "content": "x"},
        {"content": "x"},
        {"role": "tool"},
        {"role": "assistant", "tool_calls": [{"type": "function"}]},
        {"role": "assistant", "tool_calls": [{"function": {"name": "a", "arguments": "{}"}}]},
        {"role": "assistant", "tool_calls": {}},
        {
            "role": "assistant",
            "tool_calls": [
                {"type": "function", "index": 4111111111111111, "function": {"name": "a"}}
            ],
        },
        "Hello",
        None,
        [],
    ],
)
def test_malformed_messages_are_refused_with_their_place(wrong: Any) -> None:
    with pytest.raises(ClientError) as caught:
        parse(chat(messages=[{"role": "user", "content": "x"}, wrong]))
    assert caught.value.param
    assert caught.value.param.startswith("messages[1]")


def test_arguments_are_json_inside_a_string() -> None:
    call_ = {
        "id": "call_1",
        "type": "function",
        "function": {"name": "book", "arguments": '{"a": "\\u0054aro"}'},
    }
    call = parse(message("assistant", content=None, tool_calls=[call_]))
    assert [(s.escaping, s.place, s.text) for s in call.segments] == [
        ("none", "prose", "call_1"),
        ("none", "tool_name", "book"),
        ("json", "prose", '{"a": "\\u0054aro"}'),
    ]


def test_arguments_that_are_no_string_are_refused() -> None:
    call_ = {"type": "function", "function": {"name": "book", "arguments": {"a": "Taro"}}}
    with pytest.raises(InvalidRequest):
        parse(message("assistant", tool_calls=[call_]))


def test_a_message_as_the_sdk_gave_it_comes_back_unharmed() -> None:
    turn: dict[str, Any] = {
        "role": "assistant",
        "content": "Hi",
        "refusal": None,
        "annotations": [],
        "audio": None,
        "function_call": None,
        "tool_calls": None,
        "reasoning_content": "Taro thinks",
        "provider_specific_fields": {"a": "Taro"},
    }
    call = parse(chat(messages=[turn]))
    assert {segment.key for segment in holding(call, "Taro")} == {"reasoning_content", "a"}


def test_new_fields_of_messages_are_scanned_with_their_names() -> None:
    call = parse(message(content="x", mood={"Taro": ["Taro", 4111]}))
    assert [(s.place, s.text) for s in call.segments[:4]] == [
        ("key", "mood"),
        ("prose", "x"),
        ("key", "Taro"),
        ("prose", "Taro"),
    ]
    assert {segment.origin for segment in call.segments} == {"user"}
