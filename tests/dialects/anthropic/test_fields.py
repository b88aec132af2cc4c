"""Which fields of the Messages API are taken, scanned and refused."""

from typing import Any

import orjson
import pytest

from gateway.dialects.anthropic.dialect import AnthropicMessages
from gateway.errors import InvalidRequest, UnsupportedField
from gateway.types import Call
from tests.dialects.core.test_media import PNG, TEXT


def parse(**fields: Any) -> Call:
    document = {
        "model": "r1",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "hi"}],
        **fields,
    }
    return AnthropicMessages().parse(orjson.dumps(document), "messages")


def block(role: str = "user", **fields: Any) -> Call:
    return parse(messages=[{"role": role, "content": [fields]}])


@pytest.mark.parametrize(
    "fields",
    [
        {"container": "c"},
        {"mcp_servers": [{"url": "https://x"}]},
        {"context_management": {}},
        {"inference_geo": "us"},
        {"diagnostics": {}},
        {"user_profile_id": "u"},
        {"frobnicate": 1},
        {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
        {"tools": [{"type": "bash_20250124", "name": "bash"}]},
        {"tools": [{"name": "f", "input_schema": {}, "defer_loading": True}]},
        {"metadata": {"api_base": "http://x"}},
        {"output_config": {"task_budget": {"total": 1}}},
        {"messages": [{"role": "user", "content": [{"type": "container_upload", "file_id": "f"}]}]},
    ],
)
def test_what_the_provider_would_run_or_store_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedField):
        parse(**fields)


@pytest.mark.parametrize(
    "source",
    [
        {"type": "file", "file_id": "file_1"},
        {"type": "base64", "media_type": "image/png", "data": TEXT},
        {"type": "base64", "media_type": "Kenji Tanaka", "data": PNG},
        {"type": "base64", "media_type": "image/png"},
    ],
)
def test_a_picture_is_a_picture(source: dict[str, Any]) -> None:
    with pytest.raises((UnsupportedField, InvalidRequest)):
        block(type="image", source=source)


def test_kinds_of_content_are_counted() -> None:
    png = {"type": "base64", "media_type": "image/png", "data": PNG}
    assert block(type="image", source=png).modalities == {"text", "image"}
    pdf = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}
    assert block(type="document", source=pdf).modalities == {"text", "file"}
    plain = {"type": "text", "media_type": "text/plain", "data": "Tanaka"}
    call = block(type="document", source=plain)
    assert call.modalities == {"text"}
    assert "Tanaka" in [s.text for s in call.segments]


def test_origins() -> None:
    result = {"type": "tool_result", "tool_use_id": "t1", "content": "from a tool"}
    call = parse(
        system="be brief",
        messages=[
            {"role": "user", "content": [result, {"type": "text", "text": "by a user"}]},
            {"role": "assistant", "content": "by a model"},
        ],
        tools=[{"name": "f", "description": "of a tool", "input_schema": {}}],
    )
    origins = {s.text: s.origin for s in call.segments}
    assert origins == {
        "be brief": "system",
        "t1": "tool",
        "from a tool": "tool",
        "by a user": "user",
        "by a model": "assistant",
        "f": "schema",
        "of a tool": "schema",
    }


def test_names_are_identifiers() -> None:
    use = {"type": "tool_use", "id": "t1", "name": "pay", "input": {"card": 4111111111111111}}
    call = block("assistant", **use)
    places = {s.text: s.place for s in call.segments}
    assert places == {
        "t1": "prose",
        "pay": "tool_name",
        "card": "key",
        "4111111111111111": "number",
    }


def test_a_signature_holds_no_text() -> None:
    with pytest.raises(InvalidRequest):
        block("assistant", type="thinking", thinking="x", signature="Kenji Tanaka")
