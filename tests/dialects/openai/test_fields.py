"""Which fields a request may have, and what they may say."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dialects.core.parameters import GENERATION, SAMPLING, TOOLS
from gateway.dialects.openai.fields import REQUEST, streams
from gateway.errors import ClientError, InvalidRequest, UnsupportedField
from tests.dialects.requests import canaries_in, chat, function, holding, leaves, parse, planted

STRUCTURAL: dict[str, Any] = {
    "store": False,
    "logprobs": False,
    "top_logprobs": 0,
    "tool_choice": "auto",
    "response_format": {"type": "json_object"},
    "thinking": {"type": "enabled", "budget_tokens": 1000},
    "enable_thinking": True,
    "include_reasoning": True,
    "separate_reasoning": True,
    "reasoning_format": "deepseek",
}


@pytest.mark.parametrize(("name", "value"), STRUCTURAL.items(), ids=STRUCTURAL)
def test_structural_fields_pass_and_are_not_scanned(name: str, value: Any) -> None:
    assert [segment.text for segment in parse(chat(**{name: value})).segments] == ["Hello"]
    assert parse(chat(**{name: None})).segments


SCANNED: dict[str, Any] = {
    "user_id": "Taro",
    "prediction": {"type": "content", "content": "Taro"},
    "response_format": {"type": "json_schema", "json_schema": {"name": "a", "description": "Taro"}},
    "grammar": 'root ::= "Taro"',
    "guided_choice": ["Taro"],
    "guided_json": {"properties": {"a": {"const": "Taro"}}},
    "guided_regex": "Taro",
    "structured_outputs": {"choice": ["Taro"]},
    "json_schema": {"description": "Taro"},
    "regex": "Taro",
    "chat_template_kwargs": {"a": {"b": ["Taro"]}},
    "documents": [{"title": "a", "text": "Taro", "provider": "b"}],
    "tool_choice": {"type": "function", "function": {"name": "Taro"}},
    "thinking": {"new": "Taro"},
}


@pytest.mark.parametrize(("name", "value"), SCANNED.items(), ids=SCANNED)
def test_free_text_in_fields_is_scanned(name: str, value: Any) -> None:
    assert len(holding(parse(chat(stream=True, **{name: value})), "Taro")) == 1


CARD = 4111111111111111
HIDING: list[tuple[str, Any]] = [
    ("tool_choice", "Taro"),
    ("tool_choice", {"type": "Taro"}),
    ("response_format", {"type": "Taro"}),
    ("response_format", "json"),
    ("thinking", {"type": "Taro"}),
    ("messages", []),
    ("messages", {}),
    ("messages", "Taro"),
    ("messages", None),
    ("model", ""),
    ("model", None),
    ("model", "x" * 257),
]


@pytest.mark.parametrize(("name", "value"), HIDING)
def test_T12_structural_fields_take_nothing_free_form(name: str, value: Any) -> None:
    with pytest.raises(ClientError) as caught:
        parse(chat(**{name: value}))
    assert caught.value.param
    assert caught.value.param.startswith(name)
    assert caught.value.status == 400
    assert "Taro" not in str(caught.value.args)
    assert str(CARD) not in str(caught.value.args)


NOT_SERVED: list[tuple[str, Any]] = [
    ("store", True),
    ("logprobs", True),
    ("top_logprobs", 5),
    ("audio", {"voice": "alloy", "format": "wav"}),
    ("moderation", {"model": "omni"}),
    ("web_search_options", {}),
    ("functions", [{"name": "a"}]),
    ("function_call", "auto"),
    ("prompt", [1, 2]),
    ("input_ids", [1, 2]),
    ("chat_template", "{{ 1 }}"),
    ("logits_processors", ["os.system"]),
]


@pytest.mark.parametrize(("name", "value"), NOT_SERVED)
def test_what_is_not_served_is_refused_with_a_remedy(name: str, value: Any) -> None:
    with pytest.raises(UnsupportedField, match=rf"^{name} must be .+: .+|^{name} .+; ") as caught:
        parse(chat(**{name: value}))
    assert caught.value.param == name


@pytest.mark.parametrize("name", ["top_kk", "litellm_params", "n_predict", "lora", "echo"])
def test_unknown_fields_are_refused_by_name(name: str) -> None:
    with pytest.raises(UnsupportedField, match=name) as caught:
        parse(chat(**{name: 1}))
    assert caught.value.param == name


BASE = "http://169.254.169.254/"
ROUTING: list[tuple[dict[str, Any], str]] = [
    ({"api_base": BASE}, "api_base"),
    ({"API_Base": BASE}, "API_Base"),
    ({"user_config": {"api_base": BASE}}, "user_config"),
    ({"litellm_embedding_config": {"api_base": BASE}}, "litellm_embedding_config"),
    ({"extra_body": {"provider": {"order": ["deepseek"]}}}, "extra_body"),
    ({"models": ["deepseek/deepseek-r1"]}, "models"),
    ({"route": "fallback"}, "route"),
    ({"provider": {"order": ["deepseek"]}}, "provider"),
    ({"fallbacks": ["deepseek"]}, "fallbacks"),
    ({"mock_response": "x"}, "mock_response"),
    ({"chat_template_kwargs": {"a": [{"api_base": BASE}]}}, "chat_template_kwargs.*[0].api_base"),
    ({"stream_options": {"base_url": BASE}}, "stream_options.base_url"),
    ({"thinking": {"provider": "x"}}, "thinking.provider"),
    ({"tools": [{"type": "function", "function": {"name": "a", "base_url": BASE}}]}, "base_url"),
    ({"messages": [{"role": "user", "content": "x", "api_base": BASE}]}, "messages[0].api_base"),
]


@pytest.mark.parametrize(("fields", "param"), ROUTING)
def test_T12_T33_routes_and_credentials_are_refused_at_any_depth(
    fields: dict[str, Any], param: str
) -> None:
    with pytest.raises(UnsupportedField, match="a route or a credential") as caught:
        parse({**chat(), **fields})
    assert caught.value.param
    assert caught.value.param.endswith(param)
    assert BASE not in str(caught.value.args)


def test_T33_text_and_schemas_may_name_routes() -> None:
    schema = {"type": "object", "properties": {"base_url": {"type": "string"}}}
    document = function(parameters=schema, description="Sets api_base")
    document["messages"] = [
        {"role": "user", "content": '{"api_base": "https://x.example"}'},
        {
            "role": "assistant",
            "tool_calls": [
                {
                    "id": "c",
                    "type": "function",
                    "function": {"name": "book", "arguments": '{"api_key": "x"}'},
                }
            ],
        },
    ]
    document["metadata"] = {"route": "/checkout", "provider": "acme"}
    assert parse(document).tools == {"book"}


NESTED = (
    "type content text name function arguments json_schema schema description tool_calls "
    "parameters properties image_url url file metadata id role prefix effort mode new"
)


@given(st.sampled_from(sorted(set(REQUEST.fields) - {"model"})), planted(NESTED.split()))
def test_T59_a_value_in_any_field_is_a_segment_or_is_refused(name: str, value: Any) -> None:
    try:
        call = parse({**chat(), name: value})
    except ClientError:
        return
    assert canaries_in(s.text for s in call.segments) == canaries_in(leaves(value))


@pytest.mark.parametrize("role", ["system", "user", "assistant", "tool", "function"])
@given(data=st.data())
def test_T59_a_value_in_any_part_of_a_message_is_a_segment_or_is_refused(
    role: str, data: st.DataObject
) -> None:
    fields = data.draw(st.dictionaries(st.sampled_from(NESTED.split()), planted(NESTED.split())))
    turn = {"content": "x", "name": "x", **fields, "role": role}
    try:
        call = parse(chat(messages=[turn]))
    except ClientError:
        return
    assert canaries_in(s.text for s in call.segments) == canaries_in(leaves(turn))


def test_every_field_of_the_sdk_is_served_or_refused_on_purpose() -> None:
    from openai.types.chat import completion_create_params as params  # noqa: PLC0415

    fields = params.CompletionCreateParamsBase.__annotations__
    assert not set(fields) - set(REQUEST.fields)


def test_shared_parameters_are_served() -> None:
    assert REQUEST.fields.items() >= {**GENERATION, **SAMPLING}.items()
    assert REQUEST.fields["tools"].items is TOOLS.items


def test_model_and_messages_are_required() -> None:
    for name in ("model", "messages"):
        document = chat()
        del document[name]
        with pytest.raises(InvalidRequest, match=f"^{name} is missing"):
            parse(document)


def test_field_names_look_like_field_names() -> None:
    assert all(re.fullmatch(r"[a-z_]+", name) for name in REQUEST.fields)


def test_options_of_a_stream_need_a_stream() -> None:
    assert streams({"stream": True, "stream_options": {}})
    assert not streams({"stream": False})
    with pytest.raises(InvalidRequest) as caught:
        streams({"stream_options": {"include_usage": True}})
    assert caught.value.param == "stream_options"
