"""Every field of Anthropic's Messages API that is served, and why others are refused.

Source: the types of anthropic-python 2.10 (``message_create_params``, ``message_count_tokens_params``). As in
OpenAI's dialect, whatever the provider would run, store or fetch is refused: the gateway could neither scan nor record it.
"""

from dataclasses import replace
from typing import Final

from gateway.dialects.core.fields import (
    CACHE,
    IDENTIFIER,
    METADATA,
    MODEL,
    TOKENS,
    TYPE,
    open_object,
    tagged_union,
)
from gateway.dialects.core.json_schema import ANY_JSON, ARGUMENTS, SCHEMA
from gateway.dialects.core.media import base64_of, image_data, image_url
from gateway.dialects.core.refused_names import refuse_routing
from gateway.dialects.core.shapes import (
    NULL,
    Shape,
    array,
    boolean,
    enum,
    integer,
    number,
    pattern,
    text,
    unsupported,
)
from gateway.errors import InvalidRequest
from gateway.types import Origin

_CACHE_CONTROL: Final = {"cache_control": CACHE["cache_control"]}
# Sent on without being scanned, so only in characters of base64.
_OPAQUE: Final = pattern("the provider's value, unchanged", r"[A-Za-z0-9+/_=-]*")
_CITATIONS: Final = open_object({"enabled": boolean()})
_PROVIDER: Final = "; what the provider runs or stores is not served"

TEXT: Final = open_object(
    {
        "type": TYPE,
        "text": text(),
        **_CACHE_CONTROL,
        "citations": unsupported("citations can't be sent on; send the text"),
    },
    required=("text",),
)

_IMAGE: Final = open_object(
    {
        "type": TYPE,
        "source": tagged_union(
            "type",
            {
                "base64": open_object(
                    {
                        "type": TYPE,
                        "media_type": enum("image/jpeg", "image/png", "image/gif", "image/webp"),
                        "data": image_data(),
                    },
                    required=("media_type", "data"),
                ),
                "url": open_object({"type": TYPE, "url": image_url()}, required=("url",)),
            },
            remedy=_PROVIDER,
        ),
        **_CACHE_CONTROL,
        "transformations": open_object({"oversized_image": enum("downsize", "error")}),
    },
    required=("source",),
    modality="image",
)

_CONTENT_SOURCE: Final = Shape(
    expected="a string or an array of text and image blocks",
    kinds=frozenset({str, list}),
    items=tagged_union("type", {"text": TEXT, "image": _IMAGE}),
)

_DOCUMENT: Final = open_object(
    {
        "type": TYPE,
        "source": tagged_union(
            "type",
            {
                "base64": open_object(
                    {
                        "type": TYPE,
                        "media_type": enum("application/pdf"),
                        "data": base64_of("base64"),
                    },
                    required=("data",),
                    modality="file",
                ),
                "text": open_object(
                    {"type": TYPE, "media_type": enum("text/plain"), "data": text()},
                    required=("data",),
                ),
                "content": open_object(
                    {"type": TYPE, "content": _CONTENT_SOURCE}, required=("content",)
                ),
            },
            remedy=_PROVIDER,
        ),
        **_CACHE_CONTROL,
        "citations": _CITATIONS,
        "context": text(),
        "title": text(),
    },
    required=("source",),
)

_SEARCH_RESULT: Final = open_object(
    {
        "type": TYPE,
        "content": array(tagged_union("type", {"text": TEXT})),
        "source": text(),
        "title": text(),
        "citations": _CITATIONS,
        **_CACHE_CONTROL,
    },
    required=("content",),
)

_CALLER: Final = tagged_union("type", {"direct": open_object({"type": TYPE})}, remedy=_PROVIDER)
_TOOLSET: Final = {"toolset_name": unsupported("toolsets are not served; declare the tools")}

_TOOL_USE: Final = open_object(
    {
        "type": TYPE,
        "id": text(),
        "name": IDENTIFIER,
        "input": ARGUMENTS,
        "caller": replace(_CALLER, kinds=_CALLER.kinds | {NULL}),
        **_CACHE_CONTROL,
        **_TOOLSET,
    },
    required=("id", "name", "input"),
)

_TOOL_RESULT: Final = replace(
    open_object(
        {
            "type": TYPE,
            "tool_use_id": text(),
            "content": Shape(
                expected="a string or an array of blocks",
                kinds=frozenset({str, list, NULL}),
                items=tagged_union(
                    "type",
                    {
                        "text": TEXT,
                        "image": _IMAGE,
                        "document": _DOCUMENT,
                        "search_result": _SEARCH_RESULT,
                    },
                ),
            ),
            "is_error": boolean(),
            **_CACHE_CONTROL,
            **_TOOLSET,
        },
        required=("tool_use_id",),
    ),
    origin="tool",
)

THINKING: Final = open_object(
    {"type": TYPE, "thinking": text(), "signature": _OPAQUE}, required=("thinking",)
)
_REDACTED: Final = open_object({"type": TYPE, "data": _OPAQUE}, required=("data",))

BLOCK: Final = tagged_union(
    "type",
    {
        "text": TEXT,
        "image": _IMAGE,
        "document": _DOCUMENT,
        "search_result": _SEARCH_RESULT,
        "thinking": THINKING,
        "redacted_thinking": _REDACTED,
        "tool_use": _TOOL_USE,
        "tool_result": _TOOL_RESULT,
    },
    remedy=_PROVIDER,
)


def _message(origin: Origin) -> Shape:
    content = Shape(
        expected="a string or an array of content blocks", kinds=frozenset({str, list}), items=BLOCK
    )
    return replace(
        open_object({"role": TYPE, "content": content}, required=("content",)), origin=origin
    )


_MESSAGE: Final = tagged_union(
    "role",
    {"user": _message("user"), "assistant": _message("assistant"), "system": _message("system")},
    # 400 and not "unsupported": the API itself has no other roles.
    error=InvalidRequest,
)

_TOOL: Final = tagged_union(
    "type",
    {
        "custom": open_object(
            {
                "type": TYPE,
                "name": IDENTIFIER,
                "description": text(),
                "input_schema": SCHEMA,
                "input_examples": array(ANY_JSON),
                "strict": boolean(),
                "eager_input_streaming": boolean(),
                "defer_loading": unsupported("tools are always given to the model in full"),
                "allowed_callers": unsupported("only the model calls tools here"),
                **_CACHE_CONTROL,
                **_TOOLSET,
            },
            required=("name", "input_schema"),
        )
    },
    remedy="; tools that the provider runs or defines are not served, so declare one with an `input_schema`",
    # The caller's own tools need no type in Anthropic's API.
    default="custom",
)

_CHOICE: Final = tagged_union(
    "type",
    {
        "auto": open_object({"type": TYPE, "disable_parallel_tool_use": boolean()}),
        "any": open_object({"type": TYPE, "disable_parallel_tool_use": boolean()}),
        "none": open_object({"type": TYPE}),
        "tool": open_object(
            {"type": TYPE, "name": IDENTIFIER, "disable_parallel_tool_use": boolean()},
            required=("name",),
        ),
    },
)

_OUTPUT: Final = open_object(
    {
        "effort": enum("low", "medium", "high", "xhigh", "max"),
        "format": replace(
            tagged_union(
                "type",
                {
                    "json_schema": open_object(
                        {"type": TYPE, "schema": SCHEMA}, required=("schema",)
                    )
                },
            ),
            kinds=frozenset({dict, NULL}),
        ),
        "task_budget": unsupported("task budgets of the provider are not served; use `max_tokens`"),
    }
)

_COUNTED: Final = {
    "model": MODEL,
    "messages": array(_MESSAGE, expected="an array of messages", min_items=1),
    "system": Shape(
        expected="a string or an array of text blocks",
        kinds=frozenset({str, list, NULL}),
        items=tagged_union("type", {"text": TEXT}),
        origin="system",
    ),
    "tools": replace(array(_TOOL, expected="an array of tools"), origin="schema"),
    "tool_choice": replace(_CHOICE, kinds=frozenset({dict, NULL}), origin="schema"),
    "thinking": open_object(
        {
            "type": enum("enabled", "disabled", "adaptive"),
            "budget_tokens": TOKENS,
            "display": enum("summarized", "omitted"),
        }
    ),
    "output_config": replace(_OUTPUT, origin="schema"),
    **_CACHE_CONTROL,
}

_REFUSED: Final = {
    "container": unsupported("code that the provider runs is not served"),
    "context_management": unsupported("the provider would edit the conversation; edit it yourself"),
    "diagnostics": unsupported("diagnostics of the provider are not served"),
    "inference_geo": unsupported("policy decides where a call may go"),
    "mcp_servers": unsupported("servers that the provider calls are not served"),
    "output_format": unsupported("use `output_config.format`, which replaced it"),
    "user_profile_id": unsupported("profiles of the provider are not served"),
    "workspace_id": unsupported("the gateway's own credential decides the workspace"),
}

REQUEST: Final = Shape(
    expected="an object",
    fields={
        **_COUNTED,
        **_REFUSED,
        "max_tokens": TOKENS,
        "stream": boolean(),
        "stop_sequences": array(text(), max_items=64),
        "temperature": number(0, 10),
        "top_p": number(0, 1),
        "top_k": integer(-1, 10_000_000),
        "metadata": replace(METADATA, fields={**METADATA.fields, "user_id": text()}),
        "service_tier": enum("auto", "standard_only"),
        "speed": enum("standard"),
    },
    required=("model", "messages", "max_tokens"),
    refuse_key=refuse_routing,
)
"""A request of ``/v1/messages``."""

COUNT_REQUEST: Final = Shape(
    expected="an object",
    fields={**_COUNTED, **_REFUSED, "speed": enum("standard")},
    required=("model", "messages"),
    refuse_key=refuse_routing,
)
"""A request of ``/v1/messages/count_tokens``."""
