"""Generation parameters that the APIs of several vendors share: limits, sampling and output format."""

from typing import Final

from gateway.dialects.core.fields import (
    IDENTIFIER,
    METADATA,
    TOKENS,
    TYPE,
    open_object,
    tagged_union,
)
from gateway.dialects.core.json_schema import SCHEMA
from gateway.dialects.core.shapes import (
    NULL,
    Shape,
    array,
    boolean,
    enum,
    for_names,
    integer,
    number,
    one_or_many,
    text,
)

_FUNCTION: Final = open_object(
    {
        "name": IDENTIFIER,
        "description": text(),
        "parameters": SCHEMA,
        "strict": boolean(),
    },
    required=("name",),
)


_TOOL: Final = tagged_union(
    "type",
    {"function": open_object({"type": TYPE, "function": _FUNCTION}, required=("function",))},
    remedy="; tools that the provider runs, and custom tools, are not served",
)


TOOLS: Final = array(_TOOL, expected="an array of tools")
"""Function tools, as OpenAI and Ollama write them."""


LOGIT_BIAS: Final = Shape(
    expected="an object of token ids and numbers from -100 to 100",
    kinds=frozenset({dict, NULL}),
    additional=number(-100, 100),
    # isascii: isdecimal accepts the digits of every script. Seven digits are
    # too few for an identity number.
    key_check=lambda key: key.isascii() and key.isdecimal() and len(key) <= 7,
    max_items=1024,
)


GENERATION: Final = {
    "frequency_penalty": number(-2, 2),
    "presence_penalty": number(-2, 2),
    "temperature": number(0, 10),
    "top_p": number(0, 1),
    "n": integer(1, 128),
    "max_tokens": TOKENS,
    "max_completion_tokens": TOKENS,
    "seed": integer(-1, 2**32 - 1),
    "stop": one_or_many(text(), 64),
    "stream": boolean(),
    "stream_options": open_object(
        {
            "include_usage": boolean(),
            "include_obfuscation": boolean(),
            "continuous_usage_stats": boolean(),
        }
    ),
    "parallel_tool_calls": boolean(),
    "logit_bias": LOGIT_BIAS,
    "metadata": METADATA,
    "reasoning_effort": enum("none", "minimal", "low", "medium", "high", "xhigh", "max"),
    "verbosity": enum("low", "medium", "high"),
    "service_tier": enum("auto", "default", "flex", "scale", "priority", "fast"),
    "prompt_cache_retention": enum("in_memory", "in-memory", "24h"),
    "prompt_cache_options": open_object(
        {"mode": enum("implicit", "explicit"), "ttl": enum("30m", "12h")}
    ),
    "user": text(),
    "safety_identifier": text(),
    "prompt_cache_key": text(),
    # Audio replies can't be scanned.
    "modalities": array(enum("text"), expected="an array that holds only `text`", max_items=1),
}


_SAMPLER: Final = enum(
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
    **for_names(
        "min_p typical_p top_n_sigma repetition_penalty repeat_penalty length_penalty "
        "dynatemp_range dynatemp_exponent dry_multiplier dry_base xtc_probability xtc_threshold "
        "mirostat_tau mirostat_eta",
        number(),
    ),
    **for_names(
        "top_k repeat_last_n dry_allowed_length dry_penalty_last_n min_keep min_tokens",
        integer(-1, 10_000_000),
    ),
    **for_names(
        "ignore_eos skip_special_tokens spaces_between_special_tokens cache_prompt no_stop_trim "
        "include_stop_str_in_output add_special_tokens add_generation_prompt "
        "continue_final_message use_beam_search",
        boolean(),
    ),
    "mirostat": integer(0, 2),
    "truncate_prompt_tokens": integer(-1, 10_000_000),
    "stop_token_ids": array(integer(0, 10_000_000), max_items=64),
    "samplers": array(_SAMPLER, max_items=32),
    "dry_sequence_breakers": array(text(), max_items=64),
    "bad_words": array(text(), max_items=1024),
    "stop_regex": one_or_many(text(), 64),
}
