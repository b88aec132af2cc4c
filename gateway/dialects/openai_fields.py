"""Every top-level field of a chat-completions request that is served, and why others are not.

The fields are those of the OpenAI API reference (as of openai-python 3.54) and the extras that
OpenAI-compatible servers document: vLLM ("Extra parameters"), SGLang ("Sampling parameters"),
llama.cpp (``tools/server/README.md``), DeepSeek (``thinking``, ``user_id``). A field in neither
list is refused by name.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from gateway.dialects.json_schema import LITERAL, SCHEMA
from gateway.dialects.openai_messages import (
    CONTENT,
    FREE,
    IDENTIFIER,
    MESSAGE,
    MODEL,
    TYPE,
    chosen,
    known,
)
from gateway.dialects.refused_names import refuse_routing, refuse_routing_in_labels
from gateway.dialects.shapes import (
    NULL,
    Shape,
    each,
    flag,
    listing,
    number,
    one_or_many,
    pattern,
    text,
    unsupported,
    whole,
    words,
)
from gateway.errors import InvalidRequest, UnsupportedField
from gateway.types import Json

PURPOSE: Final = "sekisho_purpose"
"""Key of ``metadata`` that declares the purpose of a call to the gateway; it is not sent on."""

TOKENS: Final = whole(0, 10_000_000)


def never(wanted: str, allowed: object) -> Shape:
    """A field that must keep its harmless value."""
    return Shape(
        wanted=wanted,
        error=UnsupportedField,
        kinds=frozenset({type(allowed), NULL}),
        check=lambda value: value == allowed,
        scanned=False,
    )


_FUNCTION: Final = known(
    {
        "name": IDENTIFIER,
        "description": text(),
        "parameters": SCHEMA,
        "strict": flag(),
    },
    required=("name",),
)

_TOOL: Final = chosen(
    "type",
    {"function": known({"type": TYPE, "function": _FUNCTION}, required=("function",))},
    remedy="; tools that the provider runs, and custom tools, are not served",
)

_FUNCTION_NAME: Final = known({"name": IDENTIFIER}, required=("name",))
_NAMED_TOOL: Final = known({"type": words("function"), "function": _FUNCTION_NAME})


_TOOL_CHOICE: Final = replace(
    chosen(
        "type",
        {
            "function": known({"type": TYPE, "function": _FUNCTION_NAME}, required=("function",)),
            "allowed_tools": known(
                {
                    "type": TYPE,
                    "allowed_tools": known(
                        {
                            "mode": words("auto", "required"),
                            "tools": listing(_NAMED_TOOL),
                        }
                    ),
                }
            ),
        },
    ),
    wanted="none, auto, required, or an object that names tools",
    kinds=frozenset({str, dict, NULL}),
    check=frozenset({"none", "auto", "required"}).__contains__,
    scanned=False,
)

_RESPONSE_FORMAT: Final = chosen(
    "type",
    {
        "text": known({"type": TYPE}),
        "json_object": known({"type": TYPE, "schema": SCHEMA}),
        "json_schema": known(
            {
                "type": TYPE,
                "schema": SCHEMA,
                "json_schema": known(
                    {
                        "name": IDENTIFIER,
                        "description": text(),
                        "schema": SCHEMA,
                        "strict": flag(),
                    }
                ),
            }
        ),
        "grammar": known({"type": TYPE, "grammar": text()}),
        "structural_tag": known({"type": TYPE}),
    },
)

LOGIT_BIAS: Final = Shape(
    wanted="an object of token ids and numbers from -100 to 100",
    kinds=frozenset({dict, NULL}),
    rest=number(-100, 100),
    key_check=lambda key: key.isascii() and key.isdecimal() and len(key) <= 7,
    most=1024,
)

METADATA: Final = Shape(
    wanted="an object",
    kinds=frozenset({dict, NULL}),
    fields={
        PURPOSE: pattern(
            "a purpose: lower-case letters, digits, dots and dashes",
            r"[a-z0-9][a-z0-9._-]{0,63}",
        )
    },
    rest=Shape(again=True, refuse=refuse_routing_in_labels),
    refuse=refuse_routing_in_labels,
)

STANDARD: Final = {
    "model": MODEL,
    "messages": listing(MESSAGE, wanted="an array of messages", least=1),
    "frequency_penalty": number(-2, 2),
    "presence_penalty": number(-2, 2),
    "temperature": number(0, 10),
    "top_p": number(0, 1),
    "n": whole(1, 128),
    "max_tokens": TOKENS,
    "max_completion_tokens": TOKENS,
    "seed": whole(-1, 2**32 - 1),
    "stop": one_or_many(text(), 64),
    "stream": flag(),
    "stream_options": known(
        {
            "include_usage": flag(),
            "include_obfuscation": flag(),
            "continuous_usage_stats": flag(),
        }
    ),
    "parallel_tool_calls": flag(),
    "logit_bias": LOGIT_BIAS,
    "metadata": METADATA,
    "prediction": known({"type": words("content"), "content": CONTENT}),
    "reasoning_effort": words("none", "minimal", "low", "medium", "high", "xhigh", "max"),
    "verbosity": words("low", "medium", "high"),
    "service_tier": words("auto", "default", "flex", "scale", "priority", "fast"),
    "prompt_cache_retention": words("in_memory", "in-memory", "24h"),
    "prompt_cache_options": known(
        {"mode": words("implicit", "explicit"), "ttl": words("30m", "12h")}
    ),
    "user": text(),
    "safety_identifier": text(),
    "prompt_cache_key": text(),
    "modalities": listing(words("text"), wanted="an array that holds text alone", most=1),
}

NOT_SERVED: Final = {
    "store": never("false: a stored completion would stay with the provider", False),
    "logprobs": never("false: log probabilities would spell out text that was masked", False),
    "top_logprobs": never("0: log probabilities would spell out text that was masked", 0),
    "audio": unsupported("spoken replies can't be scanned; ask for text"),
    "moderation": unsupported("moderation by the provider is not served"),
    "web_search_options": unsupported(
        "a search that the provider runs is not served; declare a function tool and search yourself"
    ),
    "functions": unsupported("declare `tools` instead, which replaced it"),
    "function_call": unsupported("use `tool_choice` instead, which replaced it"),
    "prompt": unsupported("this route takes `messages`"),
    "input": unsupported("this route takes `messages`"),
    "input_ids": unsupported("token ids can't be scanned; send text in `messages`"),
    "prompt_token_ids": unsupported("token ids can't be scanned; send text in `messages`"),
    "chat_template": unsupported("a template would be run by the model server"),
    "custom_logit_processor": unsupported("code would be run by the model server"),
    "logits_processors": unsupported("code would be run by the model server"),
}

REASONING: Final = {
    "thinking": known(
        {
            "type": words("enabled", "disabled", "adaptive", "auto"),
            "budget_tokens": TOKENS,
        }
    ),
    "reasoning": known(
        {
            "effort": words("none", "minimal", "low", "medium", "high", "xhigh", "max"),
            "summary": words("auto", "concise", "detailed"),
            "max_tokens": TOKENS,
            "enabled": flag(),
            "exclude": flag(),
        }
    ),
    "enable_thinking": flag(),
    "include_reasoning": flag(),
    "separate_reasoning": flag(),
    "stream_reasoning": flag(),
    "thinking_budget": whole(-1, 10_000_000),
    "thinking_token_budget": whole(-1, 10_000_000),
    "reasoning_budget": whole(-1, 10_000_000),
    "reasoning_format": words(
        "none", "auto", "deepseek", "deepseek-legacy", "parsed", "raw", "hidden"
    ),
}

_SAMPLER: Final = words(
    "dry",
    "top_k",
    "typ_p",
    "typical_p",
    "top_p",
    "min_p",
    "xtc",
    "temperature",
    "penalties",
    "top_n_sigma",
    "infill",
)

SAMPLING: Final = {
    **each(
        "min_p typical_p top_n_sigma repetition_penalty repeat_penalty length_penalty "
        "dynatemp_range dynatemp_exponent dry_multiplier dry_base xtc_probability xtc_threshold "
        "mirostat_tau mirostat_eta",
        number(),
    ),
    **each(
        "top_k repeat_last_n dry_allowed_length dry_penalty_last_n min_keep min_tokens",
        whole(-1, 10_000_000),
    ),
    **each(
        "ignore_eos skip_special_tokens spaces_between_special_tokens cache_prompt no_stop_trim "
        "include_stop_str_in_output add_special_tokens add_generation_prompt "
        "continue_final_message use_beam_search",
        flag(),
    ),
    "mirostat": whole(0, 2),
    "truncate_prompt_tokens": whole(-1, 10_000_000),
    "stop_token_ids": listing(whole(0, 10_000_000), most=64),
    "samplers": listing(_SAMPLER, most=32),
    "dry_sequence_breakers": listing(text(), most=64),
    "bad_words": listing(text(), most=1024),
    "stop_regex": one_or_many(text(), 64),
}

CONSTRAINTS: Final = {
    "tools": listing(_TOOL, wanted="an array of tools"),
    "tool_choice": _TOOL_CHOICE,
    "response_format": replace(_RESPONSE_FORMAT, kinds=frozenset({dict, NULL})),
    "grammar": text(),
    "regex": text(),
    "ebnf": text(),
    "json_schema": SCHEMA,
    "guided_json": replace(SCHEMA, kinds=SCHEMA.kinds | {str}),
    "guided_regex": text(),
    "guided_grammar": text(),
    "guided_choice": listing(text()),
    "guided_whitespace_pattern": text(),
    "structured_outputs": known(
        {"json": SCHEMA, "regex": text(), "grammar": text(), "choice": listing(text())}
    ),
}
"""What shapes the reply: its texts have the origin ``schema``."""

_OTHER: Final = {
    "user_id": text(),
    "documents": listing(LITERAL),
    "chat_template_kwargs": FREE,
}

REQUEST: Final = Shape(
    wanted="an object",
    fields={
        **STANDARD,
        **NOT_SERVED,
        **REASONING,
        **SAMPLING,
        **{name: replace(shape, origin="schema") for name, shape in CONSTRAINTS.items()},
        **_OTHER,
    },
    required=("model", "messages"),
    refuse=refuse_routing,
)
"""A chat-completions request."""


def streams(document: Mapping[str, Json]) -> bool:
    """Whether the reply is to be streamed.

    Raises:
        InvalidRequest: options of a stream without a stream.
    """
    stream = document.get("stream") is True
    if document.get("stream_options") is not None and not stream:
        message = "stream_options needs `stream` to be true."
        raise InvalidRequest(message, param="stream_options")
    return stream
