"""Parameters that bound, sample and shape a reply."""

from typing import Any

import pytest

from gateway.dialects.core.parameters import GENERATION, SAMPLING, TOOLS
from gateway.dialects.core.shapes import Shape
from gateway.dialects.core.walker import Walker
from gateway.errors import ClientError
from gateway.types import Segment

REQUEST = Shape(fields={**GENERATION, **SAMPLING, "tools": TOOLS})
CARD = 4111111111111111

STRUCTURAL: dict[str, Any] = {
    "temperature": 0.6,
    "top_p": 1,
    "n": 2,
    "seed": -1,
    "max_completion_tokens": 100,
    "frequency_penalty": -2.0,
    "logit_bias": {"15339": -100},
    "modalities": ["text"],
    "parallel_tool_calls": False,
    "reasoning_effort": "high",
    "service_tier": "auto",
    "verbosity": "low",
    "prompt_cache_retention": "24h",
    "top_k": 40,
    "min_p": 0.05,
    "repetition_penalty": 1.1,
    "ignore_eos": True,
    "cache_prompt": True,
    "add_generation_prompt": True,
    "continue_final_message": False,
    "stop_token_ids": [1, 2],
    "samplers": ["top_k", "temperature"],
    "mirostat": 2,
}
SCANNED: dict[str, Any] = {
    "user": "Taro",
    "safety_identifier": "Taro",
    "prompt_cache_key": "Taro",
    "stop": "Taro",
    "stop_regex": ["Taro"],
    "bad_words": ["Taro"],
    "metadata": {"a": "Taro"},
    "stream_options": {"new": "Taro"},
    "tools": [{"type": "function", "function": {"name": "book", "description": "Taro"}}],
}
REFUSED: list[tuple[str, Any]] = [
    ("temperature", "Taro"),
    ("temperature", CARD),
    ("seed", CARD),
    ("seed", 123456789012),
    ("n", 0),
    ("n", 1.5),
    ("max_tokens", CARD),
    ("stream", "true"),
    ("stop", 4),
    ("logit_bias", {"Taro": 1}),
    ("logit_bias", {str(CARD): 1}),
    ("logit_bias", {"1": CARD}),
    ("logit_bias", {str(token): 1 for token in range(1025)}),
    ("reasoning_effort", "Taro"),
    ("service_tier", "Taro"),
    ("samplers", ["Taro"]),
    ("stop_token_ids", list(range(65))),
    ("modalities", ["text", "audio"]),
    ("modalities", ["audio"]),
    ("tools", [{"type": "web_search"}]),
    ("tools", [{"type": "mcp", "server_url": "https://x.example"}]),
    ("tools", [{"type": "custom", "custom": {"name": "Taro"}}]),
    ("tools", [{"type": "function"}]),
    ("tools", [{"type": "function", "function": {"description": "Taro"}}]),
    ("tools", {}),
]


def walk(name: str, value: Any) -> list[Segment]:
    walker = Walker(REQUEST)
    walker.walk({name: value})
    return walker.segments


@pytest.mark.parametrize(("name", "value"), STRUCTURAL.items(), ids=STRUCTURAL)
def test_structural_parameters_pass_and_are_not_scanned(name: str, value: Any) -> None:
    assert walk(name, value) == []
    assert walk(name, None) == []


@pytest.mark.parametrize(("name", "value"), SCANNED.items(), ids=SCANNED)
def test_free_text_in_parameters_is_scanned(name: str, value: Any) -> None:
    assert [segment.text for segment in walk(name, value)].count("Taro") == 1


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_T12_structural_parameters_take_nothing_free_form(name: str, value: Any) -> None:
    with pytest.raises(ClientError) as caught:
        walk(name, value)
    assert (caught.value.param or "").startswith(name)
    assert caught.value.status == 400
    assert "Taro" not in str(caught.value.args)
    assert str(CARD) not in str(caught.value.args)
