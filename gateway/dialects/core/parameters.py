"""Parameters of generation that the APIs of several vendors share: what bounds, samples and shapes a reply."""

from typing import Final

from gateway.dialects.core.fields import (
    IDENTIFIER,
    METADATA,
    TOKENS,
    TYPE,
    chosen,
    known,
)
from gateway.dialects.core.json_schema import SCHEMA
from gateway.dialects.core.shapes import (
    NULL,
    Shape,
    each,
    flag,
    listing,
    number,
    one_or_many,
    text,
    whole,
    words,
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


TOOLS: Final = listing(_TOOL, wanted="an array of tools")
"""Function tools, as OpenAI and Ollama write them."""


LOGIT_BIAS: Final = Shape(
    wanted="an object of token ids and numbers from -100 to 100",
    kinds=frozenset({dict, NULL}),
    rest=number(-100, 100),
    key_check=lambda key: key.isascii() and key.isdecimal() and len(key) <= 7,
    most=1024,
)


GENERATION: Final = {
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
