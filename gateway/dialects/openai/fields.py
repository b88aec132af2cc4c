"""Every top-level field of a chat-completions request that is served, and why others are refused.

The fields are those of the OpenAI API reference (as of openai-python 3.54) and the extras that
OpenAI-compatible servers document: vLLM ("Extra parameters"), SGLang ("Sampling parameters"),
llama.cpp (``tools/server/README.md``), DeepSeek (``thinking``, ``user_id``). A field that is not
listed is refused by name.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from gateway.dialects.core.fields import (
    ANY_UNROUTED,
    IDENTIFIER,
    MODEL,
    TOKENS,
    TYPE,
    open_object,
    tagged_union,
)
from gateway.dialects.core.json_schema import ANY_JSON, SCHEMA
from gateway.dialects.core.parameters import GENERATION, SAMPLING, TOOLS
from gateway.dialects.core.refused_names import refuse_routing
from gateway.dialects.core.shapes import (
    NULL,
    Shape,
    array,
    boolean,
    enum,
    integer,
    text,
    unsupported,
)
from gateway.dialects.openai.messages import CONTENT, MESSAGE
from gateway.errors import InvalidRequest, UnsupportedField
from gateway.types import Json


def only_default(expected: str, allowed: object) -> Shape:
    """A field for which only a harmless value is accepted."""
    return Shape(
        expected=expected,
        error=UnsupportedField,
        kinds=frozenset({type(allowed), NULL}),
        # The kind is checked first: to Python, 0 equals False.
        check=lambda value: value == allowed,
        scanned=False,
    )


_FUNCTION_NAME: Final = open_object({"name": IDENTIFIER}, required=("name",))
_NAMED_TOOL: Final = open_object({"type": enum("function"), "function": _FUNCTION_NAME})


_TOOL_CHOICE: Final = replace(
    tagged_union(
        "type",
        {
            "function": open_object(
                {"type": TYPE, "function": _FUNCTION_NAME}, required=("function",)
            ),
            "allowed_tools": open_object(
                {
                    "type": TYPE,
                    "allowed_tools": open_object(
                        {
                            "mode": enum("auto", "required"),
                            "tools": array(_NAMED_TOOL),
                        }
                    ),
                }
            ),
        },
    ),
    expected="none, auto, required, or an object that names tools",
    kinds=frozenset({str, dict, NULL}),
    check=frozenset({"none", "auto", "required"}).__contains__,
    scanned=False,
)

_RESPONSE_FORMAT: Final = tagged_union(
    "type",
    {
        "text": open_object({"type": TYPE}),
        "json_object": open_object({"type": TYPE, "schema": SCHEMA}),
        "json_schema": open_object(
            {
                "type": TYPE,
                "schema": SCHEMA,
                "json_schema": open_object(
                    {
                        "name": IDENTIFIER,
                        "description": text(),
                        "schema": SCHEMA,
                        "strict": boolean(),
                    }
                ),
            }
        ),
        "grammar": open_object({"type": TYPE, "grammar": text()}),
        "structural_tag": open_object({"type": TYPE}),
    },
)


STANDARD: Final = {
    "model": MODEL,
    "messages": array(MESSAGE, expected="an array of messages", min_items=1),
    **GENERATION,
    "prediction": open_object({"type": enum("content"), "content": CONTENT}),
}

NOT_SERVED: Final = {
    "store": only_default("false: a stored completion would stay with the provider", False),
    "logprobs": only_default(
        "false: log probabilities would spell out text that was masked", False
    ),
    "top_logprobs": only_default("0: log probabilities would spell out text that was masked", 0),
    "audio": unsupported("audio replies can't be scanned; request text"),
    "moderation": unsupported("moderation by the provider is not served"),
    "web_search_options": unsupported(
        "a search that the provider runs is not served; declare a function tool and search yourself"
    ),
    "functions": unsupported("declare `tools` instead, which replaced it"),
    "function_call": unsupported("use `tool_choice` instead, which replaced it"),
    "prompt": unsupported("this route accepts `messages`"),
    "input": unsupported("this route accepts `messages`"),
    "input_ids": unsupported("token ids can't be scanned; send text in `messages`"),
    "prompt_token_ids": unsupported("token ids can't be scanned; send text in `messages`"),
    "chat_template": unsupported("a template would be run by the model server"),
    "custom_logit_processor": unsupported("code would be run by the model server"),
    "logits_processors": unsupported("code would be run by the model server"),
}

REASONING: Final = {
    "thinking": open_object(
        {
            "type": enum("enabled", "disabled", "adaptive", "auto"),
            "budget_tokens": TOKENS,
        }
    ),
    "reasoning": open_object(
        {
            "effort": enum("none", "minimal", "low", "medium", "high", "xhigh", "max"),
            "summary": enum("auto", "concise", "detailed"),
            "max_tokens": TOKENS,
            "enabled": boolean(),
            "exclude": boolean(),
        }
    ),
    "enable_thinking": boolean(),
    "include_reasoning": boolean(),
    "separate_reasoning": boolean(),
    "stream_reasoning": boolean(),
    "thinking_budget": integer(-1, 10_000_000),
    "thinking_token_budget": integer(-1, 10_000_000),
    "reasoning_budget": integer(-1, 10_000_000),
    "reasoning_format": enum(
        "none", "auto", "deepseek", "deepseek-legacy", "parsed", "raw", "hidden"
    ),
}


CONSTRAINTS: Final = {
    "tools": TOOLS,
    "tool_choice": _TOOL_CHOICE,
    "response_format": replace(_RESPONSE_FORMAT, kinds=frozenset({dict, NULL})),
    "grammar": text(),
    "regex": text(),
    "ebnf": text(),
    "json_schema": SCHEMA,
    # vLLM accepts the schema as a string too, which is scanned whole.
    "guided_json": replace(SCHEMA, kinds=SCHEMA.kinds | {str}),
    "guided_regex": text(),
    "guided_grammar": text(),
    "guided_choice": array(text()),
    "guided_whitespace_pattern": text(),
    "structured_outputs": open_object(
        {"json": SCHEMA, "regex": text(), "grammar": text(), "choice": array(text())}
    ),
}
"""The fields that constrain the reply; their texts have the origin ``schema``."""

_OTHER: Final = {
    "user_id": text(),
    "documents": array(ANY_JSON),
    "chat_template_kwargs": ANY_UNROUTED,
}

REQUEST: Final = Shape(
    expected="an object",
    fields={
        **STANDARD,
        **NOT_SERVED,
        **REASONING,
        **SAMPLING,
        **{name: replace(shape, origin="schema") for name, shape in CONSTRAINTS.items()},
        **_OTHER,
    },
    required=("model", "messages"),
    refuse_key=refuse_routing,
)
"""A chat-completions request."""


def streams(document: Mapping[str, Json]) -> bool:
    """Whether the reply is to be streamed.

    Raises:
        InvalidRequest: there are stream options without streaming.
    """
    stream = document.get("stream") is True
    if document.get("stream_options") is not None and not stream:
        message = "stream_options needs `stream` to be true."
        raise InvalidRequest(message, param="stream_options")
    return stream
