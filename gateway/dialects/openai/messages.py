"""The shapes of OpenAI chat messages, of their content parts and of tool calls in the history.

Source: the OpenAI API reference, "Create chat completion", as of openai-python 3.54; the reasoning
fields are those of DeepSeek and SGLang (``reasoning_content``) and of vLLM and OpenRouter
(``reasoning``).
"""

from typing import Final

from gateway.dialects.core.fields import (
    ANY_UNROUTED,
    CACHE,
    IDENTIFIER,
    TYPE,
    open_object,
    tagged_union,
)
from gateway.dialects.core.json_schema import ANY_JSON
from gateway.dialects.core.media import base64_of, image_url
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
from gateway.errors import InvalidRequest
from gateway.types import Origin

_DATA_URL_PREFIX: Final = r"data:[a-z]{1,20}/[a-z0-9.+-]{1,80};base64,"


_IMAGE: Final = open_object(
    {"url": image_url(), "detail": enum("auto", "low", "high", "original")},
    required=("url",),
)
_AUDIO: Final = open_object(
    {
        "data": base64_of("base64"),
        "format": enum("wav", "mp3", "flac", "opus", "pcm16", "aac", "ogg", "m4a", "webm"),
    },
    required=("data",),
)
_FILE: Final = open_object(
    {
        "file_data": base64_of("base64, or a base64 data URI", f"(?:{_DATA_URL_PREFIX})?"),
        "filename": text(),
        "file_id": unsupported("send the file itself in `file_data`; stored files are not served"),
    },
    required=("file_data",),
)

PART: Final = tagged_union(
    "type",
    {
        "text": open_object({"type": TYPE, "text": text(), **CACHE}, required=("text",)),
        "refusal": open_object({"type": TYPE, "refusal": text()}),
        "image_url": open_object(
            {"type": TYPE, "image_url": _IMAGE, **CACHE},
            required=("image_url",),
            modality="image",
        ),
        "input_audio": open_object(
            {"type": TYPE, "input_audio": _AUDIO, **CACHE},
            required=("input_audio",),
            modality="audio",
        ),
        "file": open_object(
            {"type": TYPE, "file": _FILE, **CACHE},
            required=("file",),
            modality="file",
        ),
    },
    remedy="; token ids can't be scanned, so send text",
)

CONTENT: Final = Shape(
    expected="a string or an array of content parts",
    kinds=frozenset({str, list, NULL}),
    items=PART,
)

_FUNCTION: Final = open_object(
    # JSON within a string: what replaces a value there must be escaped for it.
    {"name": IDENTIFIER, "arguments": text(escaping="json")},
    required=("name",),
)

TOOL_CALL: Final = tagged_union(
    "type",
    {
        "function": open_object(
            {"type": TYPE, "id": text(), "index": integer(), "function": _FUNCTION},
            required=("function",),
        )
    },
    remedy="; custom tools are not served, so declare a function tool",
)


def _message(origin: Origin, fields: dict[str, Shape], required: tuple[str, ...]) -> Shape:
    return Shape(
        kinds=frozenset({dict}),
        fields={"role": TYPE, "content": CONTENT, "name": text(), **CACHE, **fields},
        required=required,
        additional=ANY_UNROUTED,
        refuse_key=refuse_routing,
        origin=origin,
    )


_ASSISTANT: Final = {
    "refusal": text(),
    "reasoning_content": text(),
    "reasoning": text(),
    "tool_calls": array(TOOL_CALL, expected="an array of tool calls"),
    "function_call": _FUNCTION,
    "audio": unsupported("stored audio is not served; send the text"),
    "annotations": array(ANY_JSON),
    "prefix": boolean(),
    "partial": boolean(),
}

MESSAGE: Final = tagged_union(
    "role",
    {
        "system": _message("system", {}, ("content",)),
        "developer": _message("system", {}, ("content",)),
        "user": _message("user", {}, ("content",)),
        "assistant": _message("assistant", _ASSISTANT, ()),
        "tool": _message("tool", {"name": IDENTIFIER, "tool_call_id": text()}, ("content",)),
        "function": _message("tool", {"name": IDENTIFIER}, ("name",)),
    },
    # 400 and not "unsupported": the API itself has no other roles.
    error=InvalidRequest,
)
