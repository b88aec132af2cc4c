"""Whole requests through a gateway, with its real engine, by shape. With ``SEKISHO_PROVE`` up to 2 MB, and their CPU time grows with their size."""

import math
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import aiohttp
import orjson
import pytest

from tests.growth.inputs import INPUTS
from tests.growth.measure import MOST
from tests.parts.gateways import KEY, Served, serving
from tests.parts.scripted import ScriptedUpstream, completion, stream, words

PROVE = bool(os.environ.get("SEKISHO_PROVE"))
SIZES: Final = (500_000, 1_000_000, 2_000_000) if PROVE else (10_000,)
SETTINGS: Final[dict[str, Any]] = {
    "limits": {"body_bytes": 8_000_000},
    # What is measured is the time that it takes, not whether it is refused.
    "detect": {"deadline_ms": 600_000, "cache_entries": 0},
}
ANSWERS: Final = (200, 413, 422)
"""Served; too many values; content that can't be replaced. All after the whole text was read."""

TEXT: Final = "Thank you, all is well. " * 10
"""Long enough that 2 MB of them are fewer values than a body may have."""

Body = Callable[[int], dict[str, Any]]


def said(text: str) -> dict[str, Any]:
    """A body with one message."""
    return {"model": "deepseek-r1", "messages": [{"role": "user", "content": text}]}


def _messages(n: int) -> dict[str, Any]:
    turn = [{"role": role, "content": TEXT} for role in ("user", "assistant")]
    return {"model": "deepseek-r1", "messages": turn * (n // 580)}


def _parts(n: int) -> dict[str, Any]:
    part = {"type": "text", "text": TEXT}
    return {"model": "deepseek-r1", "messages": [{"role": "user", "content": [part] * (n // 280)}]}


def _tools(n: int) -> dict[str, Any]:
    return said("hello") | {"tools": list(_functions(n // 410))}


def _functions(count: int) -> Iterator[dict[str, Any]]:
    for index in range(count):
        text = {"type": "string", "description": TEXT}
        schema = {"type": "object", "properties": {f"text_{index}": text}}
        yield {"type": "function", "function": {"name": f"save_{index}", "parameters": schema}}


def _arguments(n: int) -> dict[str, Any]:
    rows = [{"id": index, "note": "all is well"} for index in range(n // 40)]
    call = {"name": "save", "arguments": orjson.dumps({"rows": rows}).decode()}
    calls = [{"id": "c1", "type": "function", "function": call}]
    answer = {"role": "tool", "tool_call_id": "c1", "content": "saved"}
    turns = [{"role": "user", "content": "save"}, {"role": "assistant", "tool_calls": calls}]
    return {"model": "deepseek-r1", "messages": [*turns, answer]}


def _deep(n: int) -> dict[str, Any]:
    """Arrays in arrays in a schema: many of as much depth as parsers accept."""
    value: Any = TEXT * 12
    for _ in range(60):
        value = [value]
    schema = {"type": "object", "properties": {}, "examples": [value] * (n // 3_070)}
    tool = {"type": "function", "function": {"name": "save", "parameters": schema}}
    return said("hello") | {"tools": [tool]}


def _text(name: str) -> Body:
    # In bytes, so that sizes are those of requests: characters take up to four.
    make = INPUTS[name]
    return lambda n: said(make(max(1, n * 100 // len(make(100).encode()))))


TEXTS: Final = (
    "B10 accounts", "B11 placeholders", "B110 parentheses", "B112 words", "backslashes", "zero width", "one long word",
    "digits", "kanji", "one name in prose", "many addresses", "CSV rows", "Markdown tables", "code", "tracebacks",
    "log lines", "minified JSON", "base64",
)  # fmt: skip
BODIES: Final[dict[str, Body]] = {
    "many messages": _messages,
    "many parts": _parts,
    "many tools": _tools,
    "arguments of a tool": _arguments,
    "deep arrays": _deep,
    **{name: _text(name) for name in TEXTS},
}


async def _asked(served: Served, body: dict[str, Any]) -> tuple[int, float]:
    """The status, and the CPU time of this process: of the gateway, its detector, the client and the model server."""
    raw = orjson.dumps(body)
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    async with aiohttp.ClientSession(headers=headers) as session:
        began = time.process_time()
        async with session.post(f"{served.base_url}/chat/completions", data=raw) as reply:
            await reply.read()
            return reply.status, time.process_time() - began


def _exponent(seconds: list[float]) -> float:
    return math.log(seconds[-1] / seconds[0]) / math.log(SIZES[-1] / SIZES[0])


@pytest.mark.parametrize("name", BODIES)
async def test_B10_a_whole_request_is_linear_in_its_size(name: str, tmp_path: Path) -> None:
    async with (
        ScriptedUpstream(completion({"content": "Well."})) as upstream,
        serving(tmp_path, base_url=upstream.base_url, **SETTINGS) as served,
    ):
        await _asked(served, said("hello"))
        seconds = []
        for size in SIZES:
            status, took = await _asked(served, BODIES[name](size))
            assert status in ANSWERS, size
            seconds.append(took)
    if PROVE:
        assert _exponent(seconds) <= MOST, seconds


@pytest.mark.parametrize("streamed", [False, True])
async def test_B13_a_reply_full_of_generated_values_costs_no_more_after_a_long_request(
    streamed: bool, tmp_path: Path
) -> None:
    text = " ".join(f"u{index}@else.example" for index in range(100))
    reply = stream(*words(text, 16)) if streamed else completion({"content": text})
    async with (
        ScriptedUpstream(reply) as upstream,
        serving(tmp_path, base_url=upstream.base_url, **SETTINGS) as served,
    ):
        await _asked(served, said("hello"))
        seconds = []
        for size in SIZES:
            body = said(INPUTS["Japanese names"](size // 3)) | {"stream": streamed}
            status, took = await _asked(served, body)
            assert status == 200
            seconds.append(took)
    if PROVE:
        assert _exponent(seconds) <= MOST, seconds
