"""Every API surface: how to call it, how to read its reply, and where a request to it can hold a value."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.parts.positions import (
    ANTHROPIC_POSITIONS,
    CHAT_POSITIONS,
    MODEL,
    OLLAMA_POSITIONS,
    RESPONSE_POSITIONS,
    Build,
    chat,
    messages,
    ollama,
    user,
)


@dataclass(frozen=True, kw_only=True)
class Surface:
    """One endpoint of one dialect.

    ``ask`` is a request with a text that the model is to see last; ``positions`` are the other places.
    """

    name: str
    path: str
    ask: Build
    reply_text: Callable[[Any], str]
    streamed: Callable[[bytes], str] | None
    thought: Callable[[Any], str] | None = None
    positions: Mapping[str, Build]
    streams_unless_told: bool = False

    def body(self, text: Any, *, stream: bool = False) -> dict[str, Any]:
        return self.with_stream(self.ask(text), stream=stream)

    def with_stream(self, body: dict[str, Any], *, stream: bool) -> dict[str, Any]:
        """The body, asking for a stream or for none."""
        if stream or self.streams_unless_told:
            return {**body, "stream": stream}
        return body

    def text(self, reply: bytes, *, stream: bool) -> str:
        """What the caller reads in a reply."""
        if not stream:
            return self.reply_text(json.loads(reply))
        assert self.streamed is not None
        return self.streamed(reply)


def without_ids(reply: bytes) -> bytes:
    """A reply without the ids that the gateway draws, whose digits may by chance be those of a value."""
    return re.sub(rb"[a-z]+_[0-9a-f]{32}", b"", reply)


def frames(body: bytes) -> Iterator[Any]:
    """The documents of a server-sent stream."""
    for line in body.decode().split("\n"):
        if line.startswith("data: ") and line != "data: [DONE]":
            yield json.loads(line[6:])


def lines(body: bytes) -> Iterator[Any]:
    """The documents of an NDJSON stream."""
    return (json.loads(line) for line in body.decode().splitlines() if line)


def _chat_text(reply: Any) -> str:
    return reply["choices"][0]["message"]["content"] or ""


def _chat_streamed(body: bytes) -> str:
    return "".join(
        choice["delta"].get("content") or "" for f in frames(body) for choice in f["choices"]
    )


def _responses_text(reply: Any) -> str:
    return "".join(
        part.get("text", "")
        for item in reply["output"]
        if item["type"] == "message"
        for part in item["content"]
    )


def _responses_streamed(body: bytes) -> str:
    seen = list(frames(body))
    deltas = "".join(f["delta"] for f in seen if f["type"] == "response.output_text.delta")
    if seen[-1]["type"] == "response.completed":
        assert deltas == _responses_text(seen[-1]["response"])
    return deltas


def _anthropic_text(reply: Any) -> str:
    return "".join(block.get("text", "") for block in reply["content"])


def _anthropic_streamed(body: bytes) -> str:
    return "".join(
        f["delta"].get("text", "") for f in frames(body) if f["type"] == "content_block_delta"
    )


def _ollama_text(reply: Any) -> str:
    return str(reply["message"]["content"])


def _ollama_streamed(body: bytes) -> str:
    return "".join(line["message"]["content"] for line in lines(body))


CHAT = Surface(
    name="openai-chat",
    path="/v1/chat/completions",
    ask=lambda v: chat(user(str(v))),
    reply_text=_chat_text,
    streamed=_chat_streamed,
    positions=CHAT_POSITIONS,
)
COMPLETIONS = Surface(
    name="openai-completions",
    path="/v1/completions",
    ask=lambda v: {"model": MODEL, "prompt": str(v)},
    reply_text=lambda reply: str(reply["choices"][0]["text"]),
    streamed=lambda body: "".join(c["text"] for f in frames(body) for c in f["choices"]),
    positions={
        "prompt": lambda v: {"model": MODEL, "prompt": str(v)},
        "prompts": lambda v: {"model": MODEL, "prompt": ["a", str(v)]},
        "suffix": lambda v: {"model": MODEL, "prompt": "a", "suffix": str(v)},
        "stop": lambda v: {"model": MODEL, "prompt": "a", "stop": str(v)},
    },
)
RESPONSES = Surface(
    name="openai-responses",
    path="/v1/responses",
    ask=lambda v: {"model": MODEL, "input": str(v)},
    reply_text=_responses_text,
    streamed=_responses_streamed,
    positions=RESPONSE_POSITIONS,
)
EMBEDDINGS = Surface(
    name="openai-embeddings",
    path="/v1/embeddings",
    ask=lambda v: {"model": MODEL, "input": str(v)},
    reply_text=lambda reply: json.dumps(reply["data"]),
    streamed=None,
    positions={
        "input": lambda v: {"model": MODEL, "input": str(v)},
        "inputs": lambda v: {"model": MODEL, "input": ["a", str(v)]},
        "user id": lambda v: {"model": MODEL, "input": "a", "user": str(v)},
    },
)
ANTHROPIC = Surface(
    name="anthropic-messages",
    path="/v1/messages",
    ask=lambda v: messages(user(str(v))),
    reply_text=_anthropic_text,
    streamed=_anthropic_streamed,
    positions=ANTHROPIC_POSITIONS,
)
OLLAMA_CHAT = Surface(
    name="ollama-chat",
    path="/api/chat",
    ask=lambda v: ollama(user(str(v))),
    reply_text=_ollama_text,
    streamed=_ollama_streamed,
    positions=OLLAMA_POSITIONS,
    streams_unless_told=True,
)
OLLAMA_GENERATE = Surface(
    name="ollama-generate",
    path="/api/generate",
    ask=lambda v: {"model": MODEL, "prompt": str(v)},
    reply_text=lambda reply: str(reply["response"]),
    streamed=lambda body: "".join(line["response"] for line in lines(body)),
    positions={
        "prompt": lambda v: {"model": MODEL, "prompt": str(v)},
        "raw prompt": lambda v: {"model": MODEL, "prompt": str(v), "raw": True},
        "system": lambda v: {"model": MODEL, "prompt": "a", "system": str(v)},
        "suffix": lambda v: {"model": MODEL, "prompt": "a", "suffix": str(v)},
    },
    streams_unless_told=True,
)
OLLAMA_EMBED = Surface(
    name="ollama-embed",
    path="/api/embed",
    ask=lambda v: {"model": MODEL, "input": str(v)},
    reply_text=lambda reply: json.dumps(reply["embeddings"]),
    streamed=None,
    positions={
        "input": lambda v: {"model": MODEL, "input": str(v)},
        "inputs": lambda v: {"model": MODEL, "input": ["a", str(v)]},
    },
)

SURFACES = (
    CHAT,
    COMPLETIONS,
    RESPONSES,
    EMBEDDINGS,
    ANTHROPIC,
    OLLAMA_CHAT,
    OLLAMA_GENERATE,
    OLLAMA_EMBED,
)
TALKING = tuple(surface for surface in SURFACES if surface.streamed is not None)
"""Those that answer with text."""

every_surface = pytest.mark.parametrize("surface", SURFACES, ids=lambda s: s.name)
every_talking = pytest.mark.parametrize("surface", TALKING, ids=lambda s: s.name)
streamed_or_not = pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
