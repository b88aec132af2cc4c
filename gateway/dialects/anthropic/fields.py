"""Every field of Anthropic's Messages API that is served, and why others are not.

Source: the types of anthropic-python 2.10 (``message_create_params``, ``message_count_tokens_params``). The reasoning behind each
refusal is that of OpenAI's dialect: nothing that the provider runs, stores or fetches.
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
    chosen,
    known,
)
from gateway.dialects.core.json_schema import ARGUMENTS, LITERAL, SCHEMA
from gateway.dialects.core.media import base64_of, image_data, image_url
from gateway.dialects.core.refused_names import refuse_routing
from gateway.dialects.core.shapes import (
    NULL,
    Shape,
    flag,
    listing,
    number,
    pattern,
    text,
    unsupported,
    whole,
    words,
)
from gateway.errors import InvalidRequest
from gateway.types import Origin

_CACHE_CONTROL: Final = {"cache_control": CACHE["cache_control"]}
_OPAQUE: Final = pattern("what the provider gave, unchanged", r"[A-Za-z0-9+/_=-]*")
_CITATIONS: Final = known({"enabled": flag()})
_PROVIDER: Final = "; what the provider runs or stores is not served"

TEXT: Final = known(
    {
        "type": TYPE,
        "text": text(),
        **_CACHE_CONTROL,
        "citations": unsupported("citations can't be sent on; send the text"),
    },
    required=("text",),
)

_IMAGE: Final = known(
    {
        "type": TYPE,
        "source": chosen(
            "type",
            {
                "base64": known(
                    {
                        "type": TYPE,
                        "media_type": words("image/jpeg", "image/png", "image/gif", "image/webp"),
                        "data": image_data(),
                    },
                    required=("media_type", "data"),
                ),
                "url": known({"type": TYPE, "url": image_url()}, required=("url",)),
            },
            remedy=_PROVIDER,
        ),
        **_CACHE_CONTROL,
        "transformations": known({"oversized_image": words("downsize", "error")}),
    },
    required=("source",),
    modality="image",
)

_CONTENT_SOURCE: Final = Shape(
    wanted="a string or an array of text and image blocks",
    kinds=frozenset({str, list}),
    items=chosen("type", {"text": TEXT, "image": _IMAGE}),
)

_DOCUMENT: Final = known(
    {
        "type": TYPE,
        "source": chosen(
            "type",
            {
                "base64": known(
                    {
                        "type": TYPE,
                        "media_type": words("application/pdf"),
                        "data": base64_of("base64"),
                    },
                    required=("data",),
                    modality="file",
                ),
                "text": known(
                    {"type": TYPE, "media_type": words("text/plain"), "data": text()},
                    required=("data",),
                ),
                "content": known({"type": TYPE, "content": _CONTENT_SOURCE}, required=("content",)),
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

_SEARCH_RESULT: Final = known(
    {
        "type": TYPE,
        "content": listing(chosen("type", {"text": TEXT})),
        "source": text(),
        "title": text(),
        "citations": _CITATIONS,
        **_CACHE_CONTROL,
    },
    required=("content",),
)

_CALLER: Final = chosen("type", {"direct": known({"type": TYPE})}, remedy=_PROVIDER)
_TOOLSET: Final = {"toolset_name": unsupported("toolsets are not served; declare the tools")}

_TOOL_USE: Final = known(
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
    known(
        {
            "type": TYPE,
            "tool_use_id": text(),
            "content": Shape(
                wanted="a string or an array of blocks",
                kinds=frozenset({str, list, NULL}),
                items=chosen(
                    "type",
                    {
                        "text": TEXT,
                        "image": _IMAGE,
                        "document": _DOCUMENT,
                        "search_result": _SEARCH_RESULT,
                    },
                ),
            ),
            "is_error": flag(),
            **_CACHE_CONTROL,
            **_TOOLSET,
        },
        required=("tool_use_id",),
    ),
    origin="tool",
)

THINKING: Final = known(
    {"type": TYPE, "thinking": text(), "signature": _OPAQUE}, required=("thinking",)
)
_REDACTED: Final = known({"type": TYPE, "data": _OPAQUE}, required=("data",))

BLOCK: Final = chosen(
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
        wanted="a string or an array of content blocks", kinds=frozenset({str, list}), items=BLOCK
    )
    return replace(known({"role": TYPE, "content": content}, required=("content",)), origin=origin)


_MESSAGE: Final = chosen(
    "role",
    {"user": _message("user"), "assistant": _message("assistant"), "system": _message("system")},
    error=InvalidRequest,
)

_TOOL: Final = chosen(
    "type",
    {
        "custom": known(
            {
                "type": TYPE,
                "name": IDENTIFIER,
                "description": text(),
                "input_schema": SCHEMA,
                "input_examples": listing(LITERAL),
                "strict": flag(),
                "eager_input_streaming": flag(),
                "defer_loading": unsupported("tools are given to the model as they are"),
                "allowed_callers": unsupported("only the model calls tools here"),
                **_CACHE_CONTROL,
                **_TOOLSET,
            },
            required=("name", "input_schema"),
        )
    },
    remedy="; tools that the provider runs or defines are not served, so declare one with an `input_schema`",
    default="custom",
)

_CHOICE: Final = chosen(
    "type",
    {
        "auto": known({"type": TYPE, "disable_parallel_tool_use": flag()}),
        "any": known({"type": TYPE, "disable_parallel_tool_use": flag()}),
        "none": known({"type": TYPE}),
        "tool": known(
            {"type": TYPE, "name": IDENTIFIER, "disable_parallel_tool_use": flag()},
            required=("name",),
        ),
    },
)

_OUTPUT: Final = known(
    {
        "effort": words("low", "medium", "high", "xhigh", "max"),
        "format": replace(
            chosen(
                "type",
                {"json_schema": known({"type": TYPE, "schema": SCHEMA}, required=("schema",))},
            ),
            kinds=frozenset({dict, NULL}),
        ),
        "task_budget": unsupported("a budget of the provider's is not served; use `max_tokens`"),
    }
)

_COUNTED: Final = {
    "model": MODEL,
    "messages": listing(_MESSAGE, wanted="an array of messages", least=1),
    "system": Shape(
        wanted="a string or an array of text blocks",
        kinds=frozenset({str, list, NULL}),
        items=chosen("type", {"text": TEXT}),
        origin="system",
    ),
    "tools": replace(listing(_TOOL, wanted="an array of tools"), origin="schema"),
    "tool_choice": replace(_CHOICE, kinds=frozenset({dict, NULL}), origin="schema"),
    "thinking": known(
        {
            "type": words("enabled", "disabled", "adaptive"),
            "budget_tokens": TOKENS,
            "display": words("summarized", "omitted"),
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
    wanted="an object",
    fields={
        **_COUNTED,
        **_REFUSED,
        "max_tokens": TOKENS,
        "stream": flag(),
        "stop_sequences": listing(text(), most=64),
        "temperature": number(0, 10),
        "top_p": number(0, 1),
        "top_k": whole(-1, 10_000_000),
        "metadata": replace(METADATA, fields={**METADATA.fields, "user_id": text()}),
        "service_tier": words("auto", "standard_only"),
        "speed": words("standard"),
    },
    required=("model", "messages", "max_tokens"),
    refuse=refuse_routing,
)
"""A request of ``/v1/messages``."""

COUNT_REQUEST: Final = Shape(
    wanted="an object",
    fields={**_COUNTED, **_REFUSED, "speed": words("standard")},
    required=("model", "messages"),
    refuse=refuse_routing,
)
"""A request of ``/v1/messages/count_tokens``."""
