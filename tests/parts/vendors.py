"""Replies of other vendors, from their API references, and a client's view of each in OpenAI's format."""

import json
import struct
import zlib
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import pytest

from tests.parts.scripted import Script

EVENTS = {"content-type": "text/event-stream"}

needs_litellm = pytest.mark.skipif(find_spec("litellm") is None, reason="needs the extra litellm")
"""Looks without importing it: that takes seconds, and asks the network unless the gateway's door does it."""


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """One family, and its reply that thinks ``hm``, says ``Hello`` and calls ``weather`` for Tokyo."""

    family: str
    model: str
    path: str
    stream_path: str
    key_header: str
    key: str = "k-123"
    whole: Script
    streamed: Script
    thinks: bool = True


def whole(document: dict[str, Any]) -> Script:
    return Script(chunks=(json.dumps(document).encode(),))


def sse(*documents: dict[str, Any], done: bool = False) -> Script:
    chunks = [
        (f"event: {doc['type']}\n" if "type" in doc else "").encode()
        + b"data: "
        + json.dumps(doc).encode()
        + b"\n\n"
        for doc in documents
    ]
    return Script(headers=EVENTS, chunks=(*chunks, *([b"data: [DONE]\n\n"] if done else [])))


def aws(kind: str, document: dict[str, Any], *, message: str = "event") -> bytes:
    """A frame of ``application/vnd.amazon.eventstream``."""
    named = "event-type" if message == "event" else "exception-type"
    event_headers = {
        f":{named}": kind,
        ":content-type": "application/json",
        ":message-type": message,
    }
    headers = b"".join(
        struct.pack("!B", len(k)) + k.encode() + b"\x07" + struct.pack("!H", len(v)) + v.encode()
        for k, v in event_headers.items()
    )
    payload = json.dumps(document).encode()
    prelude = struct.pack("!II", 16 + len(headers) + len(payload), len(headers))
    frame = prelude + struct.pack("!I", zlib.crc32(prelude)) + headers + payload
    return frame + struct.pack("!I", zlib.crc32(frame))


def converse_stream(*frames: bytes) -> Script:
    return Script(headers={"content-type": "application/vnd.amazon.eventstream"}, chunks=frames)


def _block(index: int, start: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"type": "content_block_start", "index": index, "content_block": start},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


# https://docs.anthropic.com/en/docs/build-with-claude/streaming
ANTHROPIC = Vendor(
    family="anthropic",
    model="claude-sonnet-4-5",
    path="/v1/messages",
    stream_path="/v1/messages",
    key_header="x-api-key",
    whole=whole(
        {
            "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
                {"type": "text", "text": "Hello"},
                {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Tokyo"}},
            ],
            "stop_reason": "tool_use", "stop_sequence": None,
            "usage": {"input_tokens": 3, "output_tokens": 5},
        }
    ),
    streamed=sse(
        {
            "type": "message_start",
            "message": {
                "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5", "content": [],
                "stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 3, "output_tokens": 1},
            },
        },
        {"type": "ping"},
        *_block(
            0,
            {"type": "thinking", "thinking": "", "signature": ""},
            {"type": "thinking_delta", "thinking": "hm"},
            {"type": "signature_delta", "signature": "c2ln"},
        ),
        *_block(1, {"type": "text", "text": ""}, {"type": "text_delta", "text": "Hel"}, {"type": "text_delta", "text": "lo"}),
        *_block(
            2,
            {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}},
            {"type": "input_json_delta", "partial_json": '{"city": '},
            {"type": "input_json_delta", "partial_json": '"Tokyo"}'},
        ),
        {"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": None}, "usage": {"output_tokens": 5}},
        {"type": "message_stop"},
    ),
)  # fmt: skip

_PARTS: list[dict[str, Any]] = [
    {"text": "hm", "thought": True},
    {"text": "Hello"},
    {"functionCall": {"name": "weather", "args": {"city": "Tokyo"}}, "thoughtSignature": "c2ln" * 200},
]  # fmt: skip
_COUNTS = {"promptTokenCount": 3, "candidatesTokenCount": 4, "thoughtsTokenCount": 1, "totalTokenCount": 8}  # fmt: skip


def _candidate(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "candidates": [{"content": {"role": "model", "parts": list(parts)}, "index": 0, **more}],
        "usageMetadata": _COUNTS,
        "modelVersion": "gemini-2.5-pro",
        "responseId": "r-1",
    }


def _google(family: str, path: str, key_header: str) -> Vendor:
    """https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse."""
    return Vendor(
        family=family,
        model="gemini-2.5-pro",
        path=f"{path}/models/gemini-2.5-pro:generateContent",
        stream_path=f"{path}/models/gemini-2.5-pro:streamGenerateContent?alt=sse",
        key_header=key_header,
        whole=whole(_candidate(*_PARTS, finishReason="STOP")),
        streamed=sse(
            *(_candidate(part) for part in _PARTS), _candidate({"text": ""}, finishReason="STOP")
        ),
    )


GEMINI = _google("gemini", "/v1", "x-goog-api-key")
VERTEX = _google("vertex", "/v1", "authorization")

_TOOL = {"id": "call00001", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Tokyo"}'}}  # fmt: skip
_USAGE = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}


def _openai_like(family: str, model: str, path: str, key_header: str, content: Any) -> Vendor:
    def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": model, "choices": [choice], **more}  # fmt: skip

    message = {"role": "assistant", "content": content, "tool_calls": [_TOOL]}
    return Vendor(
        family=family,
        model=model,
        path=path,
        stream_path=path,
        key_header=key_header,
        thinks=isinstance(content, list),
        whole=whole(
            {
                "id": "c-1", "object": "chat.completion", "created": 1, "model": model, "usage": _USAGE,
                "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}],
            }
        ),
        streamed=sse(
            *(chunk({"content": [part]}) for part in content if isinstance(content, list)),
            *(chunk({"content": part}) for part in (("Hel", "lo") if content == "Hello" else ())),
            chunk({"tool_calls": [{"index": 0, **_TOOL}]}),
            chunk({"content": ""}, "tool_calls", usage=_USAGE),
            done=True,
        ),
    )  # fmt: skip


# https://docs.mistral.ai/capabilities/reasoning/
MISTRAL = _openai_like(
    "mistral", "magistral-medium-latest", "/v1/chat/completions", "authorization",
    [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "Hello"}],
)  # fmt: skip
AZURE = _openai_like(
    "azure", "gpt-4o", "/v1/deployments/gpt-4o/chat/completions?api-version=2024-10-21", "api-key", "Hello",
)  # fmt: skip

# https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
BEDROCK = Vendor(
    family="bedrock",
    model="us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    path="/v1/model/us.anthropic.claude-sonnet-4-5-20250929-v1:0/converse",
    stream_path="/v1/model/us.anthropic.claude-sonnet-4-5-20250929-v1:0/converse-stream",
    key_header="authorization",
    whole=whole(
        {
            "output": {
                "message": {
                    "role": "assistant",
                    "content": [
                        {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "c2ln"}}},
                        {"text": "Hello"},
                        {"toolUse": {"toolUseId": "tooluse_1", "name": "weather", "input": {"city": "Tokyo"}}},
                    ],
                }
            },
            "stopReason": "tool_use",
            "usage": {"inputTokens": 3, "outputTokens": 5, "totalTokens": 8},
            "metrics": {"latencyMs": 10},
        }
    ),
    streamed=converse_stream(
        aws("messageStart", {"role": "assistant"}),
        aws("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "hm"}}}),
        aws("contentBlockStop", {"contentBlockIndex": 0}),
        aws("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "Hel"}}),
        aws("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "lo"}}),
        aws("contentBlockStop", {"contentBlockIndex": 1}),
        aws("contentBlockStart", {"contentBlockIndex": 2, "start": {"toolUse": {"toolUseId": "tooluse_1", "name": "weather"}}}),
        aws("contentBlockDelta", {"contentBlockIndex": 2, "delta": {"toolUse": {"input": '{"city": "Tokyo"}'}}}),
        aws("contentBlockStop", {"contentBlockIndex": 2}),
        aws("messageStop", {"stopReason": "tool_use"}),
        aws("metadata", {"usage": {"inputTokens": 3, "outputTokens": 5, "totalTokens": 8}, "metrics": {"latencyMs": 10}}),
    ),
)  # fmt: skip

VENDORS = (ANTHROPIC, GEMINI, VERTEX, MISTRAL, AZURE, BEDROCK)
