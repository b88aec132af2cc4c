"""Every field of Ollama's API that is served, and why others are refused.

Sources: https://github.com/ollama/ollama/blob/main/docs/api.md and the types of ollama-python 0.6. Options for the
hardware of an Ollama server (``num_ctx``, ``num_gpu``, ``keep_alive`` …) are accepted and left out: deployments are configured where
they run.
"""

from dataclasses import replace
from typing import Final

from gateway.dialects.core.fields import IDENTIFIER, MODEL, TYPE, open_object, tagged_union
from gateway.dialects.core.json_schema import ARGUMENTS, SCHEMA
from gateway.dialects.core.media import image_data
from gateway.dialects.core.parameters import GENERATION, SAMPLING, TOOLS
from gateway.dialects.core.refused_names import refuse_routing
from gateway.dialects.core.shapes import (
    NULL,
    Shape,
    array,
    boolean,
    for_names,
    integer,
    number,
    one_or_many,
    structural,
    text,
    unsupported,
)
from gateway.errors import InvalidRequest, UnsupportedField
from gateway.types import Origin

_IMAGES: Final = array(replace(image_data(), modality="image"), max_items=64)

_CALL: Final = open_object(
    {
        "function": open_object(
            {
                "name": IDENTIFIER,
                "arguments": ARGUMENTS,
                "index": integer(),
            },
            required=("name",),
        ),
        "id": text(),
        "type": TYPE,
    },
    required=("function",),
)


def _message(origin: Origin) -> Shape:
    fields = {
        "role": TYPE,
        "content": text(),
        "thinking": text(),
        "images": _IMAGES,
        "tool_calls": array(_CALL),
        "tool_name": IDENTIFIER,
        "tool_call_id": text(),
    }
    return replace(open_object(fields), origin=origin)


_MESSAGE: Final = tagged_union(
    "role",
    {
        "system": _message("system"),
        "user": _message("user"),
        "assistant": _message("assistant"),
        "tool": _message("tool"),
    },
    # 400 and not "unsupported": the API itself has no other roles.
    error=InvalidRequest,
)

HARDWARE: Final = (
    "f16_kv low_vram main_gpu num_batch num_ctx num_gpu num_gqa num_keep num_thread numa "
    "use_mlock use_mmap vocab_only logits_all embedding_only penalize_newline"
)
"""Options for the hardware of an Ollama server, which are left out."""

_SETTING: Final = Shape(
    expected="a whole number, true or false",
    kinds=frozenset({int, float, bool, NULL}),
    check=lambda value: -1 <= value <= 10_000_000,
    scanned=False,
)

_OPTIONS: Final = Shape(
    expected="an object of options",
    kinds=frozenset({dict, NULL}),
    fields={
        **{
            name: SAMPLING[name]
            for name in (
                "top_k min_p typical_p repeat_last_n repeat_penalty mirostat mirostat_tau "
                "mirostat_eta"
            ).split()
        },
        **{
            name: GENERATION[name]
            for name in ("temperature", "top_p", "presence_penalty", "frequency_penalty", "seed")
        },
        **for_names(HARDWARE, _SETTING),
        "tfs_z": number(0, 1000),
        "num_predict": integer(-2, 10_000_000),
        "stop": one_or_many(text(), 64),
    },
    refuse_key=refuse_routing,
)

# 16 ASCII characters: enough for a duration, too few for a text.
_KEEP_ALIVE: Final = structural(
    "a duration", lambda value: len(str(value)) <= 16 and str(value).isascii(), str, int, float
)

_FORMAT: Final = Shape(
    expected="`json`, or a JSON Schema",
    kinds=SCHEMA.kinds | {str},
    # ollama-python has the empty string for no format.
    check=frozenset({"", "json"}).__contains__,
    fields=SCHEMA.fields,
    additional=SCHEMA.additional,
    origin="schema",
    scanned=False,
)

# The kind of a value is checked first: to Python, 1 equals True.
_THINK: Final = structural(
    "true, false, low, medium or high",
    frozenset({True, False, "low", "medium", "high", "max"}).__contains__,
    bool,
    str,
)

_COMMON: Final = {
    "model": MODEL,
    "stream": boolean(),
    "format": _FORMAT,
    "options": _OPTIONS,
    "keep_alive": _KEEP_ALIVE,
    "think": _THINK,
    "logprobs": unsupported("log probabilities would spell out text that was masked"),
    "top_logprobs": unsupported("log probabilities would spell out text that was masked"),
    "truncate": boolean(),
    "shift": boolean(),
}

CHAT: Final = Shape(
    expected="an object",
    fields={
        **_COMMON,
        "messages": array(_MESSAGE, expected="an array of messages", min_items=1),
        "tools": replace(TOOLS, origin="schema"),
    },
    required=("model", "messages"),
    refuse_key=refuse_routing,
)
"""A request of ``/api/chat``."""

GENERATE: Final = Shape(
    expected="an object",
    fields={
        **_COMMON,
        "prompt": text(origin="user"),
        "suffix": text(origin="user"),
        "system": text(origin="system"),
        "images": _IMAGES,
        "raw": boolean(),
        "template": unsupported("a template would be run by the model server"),
        "context": unsupported("token ids can't be scanned; send the text, or use /api/chat"),
        **for_names("width height steps", unsupported("images are not generated here")),
    },
    required=("model", "prompt"),
    refuse_key=refuse_routing,
)
"""A request of ``/api/generate``."""

EMBED: Final = Shape(
    expected="an object",
    fields={
        "model": MODEL,
        "input": Shape(
            expected="a string or an array of strings",
            kinds=frozenset({str, list}),
            items=Shape(
                expected="a string: token ids can't be scanned, so send text",
                error=UnsupportedField,
                kinds=frozenset({str}),
            ),
            origin="user",
            min_items=1,
            max_items=2048,
        ),
        "dimensions": integer(1, 65_536),
        "truncate": boolean(),
        "keep_alive": _KEEP_ALIVE,
        "options": _OPTIONS,
    },
    required=("model", "input"),
    refuse_key=refuse_routing,
)
"""A request of ``/api/embed``."""
