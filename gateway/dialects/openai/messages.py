"""The shapes of OpenAI chat messages, of their content parts and of tool calls in the history.

Source: the OpenAI API reference, "Create chat completion", as of openai-python 3.54; the reasoning
fields are those of DeepSeek and SGLang (``reasoning_content``) and of vLLM and OpenRouter
(``reasoning``).
"""

from typing import Final

from gateway.dialects.core.fields import CACHE, FREE, IDENTIFIER, TYPE, chosen, known
from gateway.dialects.core.json_schema import LITERAL
from gateway.dialects.core.media import base64_of, image_url
from gateway.dialects.core.refused_names import refuse_routing
from gateway.dialects.core.shapes import (
    NULL,
    Shape,
    flag,
    listing,
    text,
    unsupported,
    whole,
    words,
)
from gateway.errors import InvalidRequest
from gateway.types import Origin

_FILETYPE: Final = r"data:[a-z]{1,20}/[a-z0-9.+-]{1,80};base64,"


_IMAGE: Final = known(
    {"url": image_url(), "detail": words("auto", "low", "high", "original")},
    required=("url",),
)
_AUDIO: Final = known(
    {
        "data": base64_of("base64"),
        "format": words("wav", "mp3", "flac", "opus", "pcm16", "aac", "ogg", "m4a", "webm"),
    },
    required=("data",),
)
_FILE: Final = known(
    {
        "file_data": base64_of("base64, or a base64 data URI", f"(?:{_FILETYPE})?"),
        "filename": text(),
        "file_id": unsupported("send the file itself in `file_data`; stored files are not served"),
    },
    required=("file_data",),
)

PART: Final = chosen(
    "type",
    {
        "text": known({"type": TYPE, "text": text(), **CACHE}, required=("text",)),
        "refusal": known({"type": TYPE, "refusal": text()}),
        "image_url": known(
            {"type": TYPE, "image_url": _IMAGE, **CACHE},
            required=("image_url",),
            modality="image",
        ),
        "input_audio": known(
            {"type": TYPE, "input_audio": _AUDIO, **CACHE},
            required=("input_audio",),
            modality="audio",
        ),
        "file": known(
            {"type": TYPE, "file": _FILE, **CACHE},
            required=("file",),
            modality="file",
        ),
    },
    remedy="; token ids can't be scanned, so send text",
)

CONTENT: Final = Shape(
    wanted="a string or an array of content parts",
    kinds=frozenset({str, list, NULL}),
    items=PART,
)

_FUNCTION: Final = known(
    {"name": IDENTIFIER, "arguments": text(escaping="json")}, required=("name",)
)

TOOL_CALL: Final = chosen(
    "type",
    {
        "function": known(
            {"type": TYPE, "id": text(), "index": whole(), "function": _FUNCTION},
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
        rest=FREE,
        refuse=refuse_routing,
        origin=origin,
    )


_ASSISTANT: Final = {
    "refusal": text(),
    "reasoning_content": text(),
    "reasoning": text(),
    "tool_calls": listing(TOOL_CALL, wanted="an array of tool calls"),
    "function_call": _FUNCTION,
    "audio": unsupported("stored audio is not served; send the text"),
    "annotations": listing(LITERAL),
    "prefix": flag(),
    "partial": flag(),
}

MESSAGE: Final = chosen(
    "role",
    {
        "system": _message("system", {}, ("content",)),
        "developer": _message("system", {}, ("content",)),
        "user": _message("user", {}, ("content",)),
        "assistant": _message("assistant", _ASSISTANT, ()),
        "tool": _message("tool", {"name": IDENTIFIER, "tool_call_id": text()}, ("content",)),
        "function": _message("tool", {"name": IDENTIFIER}, ("name",)),
    },
    error=InvalidRequest,
)
