"""Every offset at which the arguments of a tool call can be cut, for every dialect: they are always those of the whole text."""

import asyncio
import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from tests.e2e.test_splits import DONE, INVENTED, OWN, minted, shown
from tests.parts.scripted import chunk
from tests.parts.surfaces import TALKING, Surface, frames, lines, without_ids

CALLING = [surface for surface in TALKING if "tool description" in surface.positions]
EXPECTED = {
    "to": OWN,
    "név": "Für 田中😀\n",
    "card": "[CREDIT_CARD]",
    "number": "[CREDIT_CARD]",
    "n": 12,
}

every_calling = pytest.mark.parametrize("surface", CALLING, ids=lambda s: s.name)


def written(placeholder: str) -> str:
    """Arguments with UTF-8 of all lengths, escapes, a value to restore, and invented ones in a string and as a number."""
    number = INVENTED.replace(" ", "")
    return (
        f'{{"to": "{placeholder}", "név": "F\\u00fcr 田中\\ud83d\\ude00\\n", '
        f'"card": "{INVENTED}", "number": {number}, "n": 12}}'
    )


def stream(pieces: Iterable[str]) -> bytes:
    """A model server's stream that calls the declared tool with these pieces of arguments."""
    first = {"index": 0, "id": "c9", "type": "function"}
    calls: list[dict[str, Any]] = [{**first, "function": {"name": "send", "arguments": ""}}]
    calls += [{"index": 0, "function": {"arguments": piece}} for piece in pieces]
    said = b"".join(chunk({"tool_calls": [call]}) for call in calls)
    return said + chunk({}, finish="tool_calls") + DONE


def arguments(surface: Surface, reply: bytes) -> Any:
    """What the caller's SDK would call the tool with."""
    if surface.path.startswith("/api"):
        calls = [c for line in lines(reply) for c in line["message"].get("tool_calls") or ()]
        (call,) = calls
        return call["function"]["arguments"]
    return json.loads("".join(_pieces(reply)))


def _pieces(reply: bytes) -> Iterator[str]:
    for frame in frames(reply):
        if frame.get("type") == "response.function_call_arguments.delta":
            yield frame["delta"]
        elif frame.get("type") == "content_block_delta":
            yield frame["delta"].get("partial_json", "")
        for choice in frame.get("choices", ()):
            for call in choice["delta"].get("tool_calls") or ():
                yield call["function"].get("arguments") or ""


@every_calling
async def test_T20_the_model_server_may_cut_arguments_anywhere(surface: Surface) -> None:
    request, placeholder = minted()
    asked = surface.positions["tool description"](f"writes to {OWN}")
    text = written(placeholder)
    cuts = [[text], list(text), *([text[:i], text[i:]] for i in range(1, len(text)))]
    for pieces in cuts:
        reply = await shown(surface, [stream(pieces)], request, asked)
        # Nothing waited: without this, all replies would be one step of the event loop.
        await asyncio.sleep(0)
        assert arguments(surface, reply) == EXPECTED, pieces
        assert b"5555" not in without_ids(reply)


@every_calling
async def test_T20_the_transport_may_cut_arguments_anywhere(surface: Surface) -> None:
    request, placeholder = minted()
    asked = surface.positions["tool description"](f"writes to {OWN}")
    text = written(placeholder)
    body = stream(text[i : i + 60] for i in range(0, len(text), 60))
    whole = await shown(surface, [body], request, asked)
    assert arguments(surface, whole) == EXPECTED
    for offset in range(1, len(body)):
        assert await shown(surface, [body[:offset], body[offset:]], request, asked) == whole
    single = [body[i : i + 1] for i in range(len(body))]
    assert await shown(surface, single, request, asked) == whole
