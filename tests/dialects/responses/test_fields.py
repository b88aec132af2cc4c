"""Which fields of the Responses API are taken, scanned and refused."""

from typing import Any

import pytest

from gateway.errors import ClientError, UnsupportedField
from tests.dialects.responses.test_dialect import parse


@pytest.mark.parametrize(
    "fields",
    [
        {"previous_response_id": "not an id: Kenji Tanaka"},
        {"previous_response_id": 7},
        {"conversation": "conv_1"},
        {"prompt": {"id": "pmpt_1"}},
        {"top_logprobs": 2},
        {"include": ["message.output_text.logprobs"]},
        {"max_tool_calls": 2},
        {"messages": []},
        {"frobnicate": 1},
        {"tools": [{"type": "web_search"}]},
        {"tools": [{"type": "mcp", "server_label": "x", "server_url": "https://x"}]},
        {"input": [{"type": "item_reference", "id": "msg_1"}]},
        {"input": [{"type": "computer_call", "id": "c"}]},
        {"input": [{"role": "user", "content": [{"type": "input_image", "file_id": "f"}]}]},
        {"reasoning": {"api_base": "http://x"}},
    ],
)
def test_what_the_provider_would_run_or_store_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ClientError):
        parse(**fields)


def test_items_of_the_provider_are_refused_with_the_remedy() -> None:
    with pytest.raises(UnsupportedField, match="or send the items again in `input`"):
        parse(conversation="conv_1")


def test_an_earlier_response_is_named_and_its_name_is_no_text() -> None:
    call = parse(previous_response_id="resp_1")
    assert call.previous_response_id == "resp_1"
    assert [s.text for s in call.segments] == ["hi"]


@pytest.mark.parametrize(
    "fields",
    [{"background": True}, {"truncation": "auto"}, {"include": ["message.output_text.logprobs"]}],
)
def test_other_values_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ClientError):
        parse(**fields)


def test_null_passes_where_sdks_send_it() -> None:
    call = parse(previous_response_id=None, tools=None, text=None, background=False)
    assert [s.text for s in call.segments] == ["hi"]


def test_origins_and_places() -> None:
    call = parse(
        instructions="be brief",
        input=[
            {"role": "user", "content": "by a user"},
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "thought"}]},
            {"type": "function_call", "call_id": "c1", "name": "pay", "arguments": '{"n": 1}'},
            {"type": "function_call_output", "call_id": "c1", "output": "from a tool"},
        ],
    )
    found = [(s.text, s.origin, s.place, s.escaping) for s in call.segments]
    assert found == [
        ("by a user", "user", "prose", "none"),
        ("thought", "assistant", "prose", "none"),
        ("c1", "assistant", "prose", "none"),
        ("pay", "assistant", "tool_name", "none"),
        ('{"n": 1}', "assistant", "prose", "json"),
        ("c1", "tool", "prose", "none"),
        ("from a tool", "tool", "prose", "none"),
        ("be brief", "system", "prose", "none"),
    ]
