"""Every field of OpenAI's Responses API that is served, and why others are refused.

Source: the types of openai-python 3.52 (``response_create_params``). An earlier response may be named if the gateway stored
it; references to a conversation or to an item by id are refused with the remedy.
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
from gateway.dialects.core.json_schema import ANY_JSON, SCHEMA
from gateway.dialects.core.media import base64_of, image_url
from gateway.dialects.core.parameters import GENERATION
from gateway.dialects.core.refused_names import refuse_routing
from gateway.dialects.core.shapes import (
    NULL,
    Shape,
    array,
    boolean,
    enum,
    pattern,
    structural,
    text,
    unsupported,
)
from gateway.errors import InvalidRequest, UnsupportedField
from gateway.types import Origin

_STATUS: Final = enum("in_progress", "completed", "incomplete")
# Sent on without being scanned, so only in characters of base64.
_OPAQUE: Final = pattern("the provider's value, unchanged", r"[A-Za-z0-9+/_=-]*")
_PROVIDER: Final = "; what the provider runs or stores is not served"
_STATELESS: Final = (
    "name an earlier response in `previous_response_id`, or send the items again in `input`"
)
_CACHE_BREAKPOINT: Final = {"prompt_cache_breakpoint": CACHE["prompt_cache_breakpoint"]}

_TEXT: Final = open_object({"type": TYPE, "text": text(), **_CACHE_BREAKPOINT}, required=("text",))
_OUTPUT_TEXT: Final = open_object(
    {
        "type": TYPE,
        "text": text(),
        "annotations": array(ANY_JSON),
        "logprobs": array(ANY_JSON),
    },
    required=("text",),
)
_IMAGE: Final = open_object(
    {
        "type": TYPE,
        "image_url": image_url(),
        "detail": enum("auto", "low", "high", "original"),
        "file_id": unsupported("send the image itself in `image_url`; stored files are not served"),
        **_CACHE_BREAKPOINT,
    },
    required=("image_url",),
    modality="image",
)
_FILE: Final = open_object(
    {
        "type": TYPE,
        "file_data": base64_of(
            "base64, or a base64 data URI", r"(?:data:[a-z]{1,20}/[a-z0-9.+-]{1,80};base64,)?"
        ),
        "filename": text(),
        "detail": enum("auto", "low", "high"),
        "file_id": unsupported("send the file itself in `file_data`; stored files are not served"),
        "file_url": unsupported("send the file itself in `file_data`; the provider would fetch it"),
        **_CACHE_BREAKPOINT,
    },
    required=("file_data",),
    modality="file",
)

_PARTS: Final = tagged_union(
    "type",
    {
        "input_text": _TEXT,
        "input_image": _IMAGE,
        "input_file": _FILE,
        "output_text": _OUTPUT_TEXT,
        "refusal": open_object({"type": TYPE, "refusal": text()}, required=("refusal",)),
    },
    remedy="; token ids can't be scanned, so send text",
)

_CONTENT: Final = Shape(
    expected="a string or an array of content parts", kinds=frozenset({str, list}), items=_PARTS
)


def _message(origin: Origin) -> Shape:
    fields = {
        "type": TYPE,
        "role": TYPE,
        "id": text(),
        "status": _STATUS,
        "content": _CONTENT,
        "phase": enum("commentary", "final_answer"),
    }
    return replace(open_object(fields, required=("content",)), origin=origin)


_MESSAGE: Final = tagged_union(
    "role",
    {
        "user": _message("user"),
        "assistant": _message("assistant"),
        "system": _message("system"),
        "developer": _message("system"),
    },
    # 400 and not "unsupported": the API itself has no other roles.
    error=InvalidRequest,
)

_CALLER: Final = replace(
    tagged_union("type", {"direct": open_object({"type": TYPE})}, remedy=_PROVIDER),
    kinds=frozenset({dict, NULL}),
)
_ASYNC: Final = Shape(
    expected="false: tools are called in turn",
    kinds=frozenset({bool, NULL}),
    check=lambda value: value is False,
    scanned=False,
)
_NAMESPACE: Final = unsupported("namespaces of tools are not served; declare the functions")

_CALL: Final = replace(
    open_object(
        {
            "type": TYPE,
            "id": text(),
            "call_id": text(),
            "name": IDENTIFIER,
            "arguments": text(escaping="json"),
            "status": _STATUS,
            "async": _ASYNC,
            "caller": _CALLER,
            "namespace": _NAMESPACE,
        },
        required=("call_id", "name", "arguments"),
    ),
    origin="assistant",
)

_RESULT: Final = replace(
    open_object(
        {
            "type": TYPE,
            "id": text(),
            "call_id": text(),
            "name": IDENTIFIER,
            "output": _CONTENT,
            "status": _STATUS,
            "caller": _CALLER,
            "namespace": _NAMESPACE,
        },
        required=("call_id", "output"),
    ),
    origin="tool",
)

_REASONING_TEXTS: Final = array(open_object({"type": TYPE, "text": text()}, required=("text",)))
_REASONING_ITEM: Final = replace(
    open_object(
        {
            "type": TYPE,
            "id": text(),
            "summary": _REASONING_TEXTS,
            "content": _REASONING_TEXTS,
            "encrypted_content": _OPAQUE,
            "status": _STATUS,
        }
    ),
    origin="assistant",
)

ITEM: Final = tagged_union(
    "type",
    {
        "message": _MESSAGE,
        "function_call": _CALL,
        "function_call_output": _RESULT,
        "reasoning": _REASONING_ITEM,
    },
    remedy=f"{_PROVIDER}, and {_STATELESS}",
    # Items without a type are messages (`EasyInputMessage` in OpenAI's SDK).
    default="message",
)

_FUNCTION: Final = open_object(
    {
        "type": TYPE,
        "name": IDENTIFIER,
        "description": text(),
        "parameters": SCHEMA,
        "strict": boolean(),
        "async": _ASYNC,
        "output_schema": SCHEMA,
        "defer_loading": unsupported("tools are always given to the model in full"),
        "allowed_callers": unsupported("only the model calls tools here"),
    },
    required=("name",),
)

_TOOL: Final = tagged_union(
    "type",
    {"function": _FUNCTION},
    remedy="; tools that the provider runs, and custom tools, are not served",
)

_CHOICE: Final = Shape(
    expected="none, auto, required, or an object that names functions",
    kinds=frozenset({str, dict, NULL}),
    check=frozenset({"none", "auto", "required"}).__contains__,
    scanned=False,
    discriminator="type",
    variants={
        "function": open_object({"type": TYPE, "name": IDENTIFIER}, required=("name",)),
        "allowed_tools": open_object(
            {
                "type": TYPE,
                "mode": enum("auto", "required"),
                "tools": array(open_object({"type": enum("function"), "name": IDENTIFIER})),
            },
            required=("tools",),
        ),
    },
)

_FORMAT: Final = replace(
    tagged_union(
        "type",
        {
            "text": open_object({"type": TYPE}),
            "json_object": open_object({"type": TYPE}),
            "json_schema": open_object(
                {
                    "type": TYPE,
                    "name": IDENTIFIER,
                    "description": text(),
                    "schema": SCHEMA,
                    "strict": boolean(),
                },
                required=("name", "schema"),
            ),
        },
    ),
    kinds=frozenset({dict, NULL}),
)

_OUTPUT: Final = open_object({"format": _FORMAT, "verbosity": enum("low", "medium", "high")})

_NO_LOGPROBS: Final = "log probabilities would spell out text that was masked"

_INCLUDE: Final = array(
    Shape(
        expected=f"`reasoning.encrypted_content`; as for logprobs, {_NO_LOGPROBS}",
        error=UnsupportedField,
        kinds=frozenset({str}),
        check="reasoning.encrypted_content".__eq__,
        scanned=False,
    ),
    expected="an array of `reasoning.encrypted_content`, which no deployment returns",
)

_COPIED: Final = (
    "temperature",
    "top_p",
    "parallel_tool_calls",
    "user",
    "safety_identifier",
    "prompt_cache_key",
    "prompt_cache_retention",
    "service_tier",
)

_REFUSED: Final = {
    "conversation": unsupported(_STATELESS),
    "prompt": unsupported("stored prompts are not served; send the text in `instructions`"),
    "context_management": unsupported("the provider would edit the conversation; edit it yourself"),
    "access_programs": unsupported("programmes of the provider are not served"),
    "image": unsupported("images are not generated here"),
    "moderation": unsupported("moderation by the provider is not served"),
    "top_logprobs": unsupported(_NO_LOGPROBS),
    "max_tool_calls": unsupported("it bounds tools that the provider runs, which are not served"),
    "prompt_cache_options": unsupported("the deployment decides what it caches"),
    "messages": unsupported("this route accepts `input`"),
}

REQUEST: Final = Shape(
    expected="an object",
    fields={
        **{name: GENERATION[name] for name in _COPIED},
        **_REFUSED,
        "model": MODEL,
        "input": Shape(
            expected="a string or an array of items",
            kinds=frozenset({str, list}),
            items=ITEM,
            origin="user",
        ),
        "instructions": text(origin="system"),
        "max_output_tokens": TOKENS,
        "metadata": METADATA,
        "tools": replace(array(_TOOL, expected="an array of tools"), origin="schema"),
        "tool_choice": replace(_CHOICE, origin="schema"),
        "text": replace(_OUTPUT, origin="schema"),
        "reasoning": open_object(
            {
                "effort": enum("none", "minimal", "low", "medium", "high", "xhigh", "max"),
                "summary": enum("auto", "concise", "detailed"),
                "generate_summary": enum("auto", "concise", "detailed"),
                "context": enum("auto", "current_turn", "all_turns"),
                "mode": enum("standard"),
            }
        ),
        "include": _INCLUDE,
        "store": boolean(),
        "previous_response_id": replace(
            pattern("the id of a response", r"[A-Za-z0-9_-]{1,128}"), kinds=frozenset({str, NULL})
        ),
        "background": structural(
            "false: requests are not run in the background", lambda on: on is False, bool
        ),
        "stream": boolean(),
        "stream_options": open_object({"include_obfuscation": boolean()}),
        "truncation": enum("disabled"),
    },
    required=("model", "input"),
    refuse_key=refuse_routing,
)
"""A request of ``/v1/responses``."""
