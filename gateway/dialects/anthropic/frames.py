"""Streamed replies as Anthropic's named server-sent events, from ``message_start`` to ``message_stop``.

Source: https://docs.anthropic.com/en/api/messages-streaming. Blocks of text and thinking follow one another; tool
blocks stay open until the end, since servers may interleave the arguments of several tools.
"""

from typing import Final

import orjson

from gateway.dialects.anthropic.reply import (
    empty_message,
    error_document,
    stop_reason,
    usage_document,
)
from gateway.dialects.base import Framer
from gateway.errors import SekishoError, UpstreamFailed
from gateway.types import (
    Call,
    Event,
    Finish,
    Json,
    ReasoningDelta,
    RefusalDelta,
    Start,
    TextDelta,
    ToolDelta,
    UsageEvent,
)

_PING: Final = b'event: ping\ndata: {"type":"ping"}\n\n'


class MessageFramer(Framer):
    """Frames one reply, which has one choice."""

    media_type: Final = "text/event-stream; charset=utf-8"

    def __init__(self, call: Call) -> None:
        self._call = call
        self._usage: UsageEvent | None = None
        self._reason: str | None = None
        self._blocks = 0
        self._open: str | None = None
        """The kind of the open text or thinking block, which is the latest block; ``None``: there is none."""
        self._tools: dict[int, int] = {}
        self._reasoning = ""

    def feed(self, event: Event) -> bytes:
        """The frames that an event makes."""
        match event:
            case Start():
                return _frame("message_start", message=empty_message(self._call, event))
            case TextDelta() | RefusalDelta():
                return self._text_delta("text", "text_delta", event.text)
            case ReasoningDelta():
                return self._reasoning_delta(event)
            case ToolDelta():
                return self._tool(event)
            case UsageEvent():
                self._usage = event
            case Finish():
                self._reason = event.reason
                return self._close() + b"".join(map(_stop, self._tools.values()))
        return b""

    def comment(self) -> bytes:
        """A ``ping`` event, which clients ignore."""
        return _PING

    def error(self, error: SekishoError, request_id: str) -> bytes:
        """An ``error`` event: SDKs raise it, and no ``message_stop`` follows."""
        return b"event: error\ndata: " + orjson.dumps(error_document(error, request_id)) + b"\n\n"

    def done(self) -> bytes:
        """The stop reason, the token counts, and ``message_stop``.

        Raises:
            UpstreamFailed: the reply has no end.
        """
        if self._reason is None:
            raise UpstreamFailed("The model server's reply is incomplete.", fallback=False)
        stop = stop_reason(self._reason, tools=bool(self._tools))
        delta = {"stop_reason": stop, "stop_sequence": None}
        counts = usage_document(self._usage)
        return _frame("message_delta", delta=delta, usage=counts) + _frame("message_stop")

    def _reasoning_delta(self, event: ReasoningDelta) -> bytes:
        # Some servers send the same reasoning under two field names: the first one seen is used.
        self._reasoning = self._reasoning or event.field_name
        if event.field_name != self._reasoning:
            return b""
        return self._text_delta("thinking", "thinking_delta", event.text)

    def _text_delta(self, kind: str, delta: str, text: str) -> bytes:
        begun = b""
        if self._open != kind:
            # The SDKs' type has the field; no deployment returns a signature.
            signature = {"signature": ""} if kind == "thinking" else {}
            begun = self._close() + self._begin({"type": kind, kind: "", **signature})
            self._open = kind
        return begun + _delta(self._blocks - 1, {"type": delta, kind: text})

    def _tool(self, event: ToolDelta) -> bytes:
        begun = b""
        if event.part not in self._tools:
            self._tools[event.part] = self._blocks
            begun = self._close() + self._begin(
                {
                    "type": "tool_use",
                    # Results are sent back under this id, so every call needs one.
                    "id": event.call_id or f"toolu_{event.part}",
                    "name": event.name or "",
                    "input": {},
                }
            )
        if not event.text:
            return begun
        index = self._tools[event.part]
        return begun + _delta(index, {"type": "input_json_delta", "partial_json": event.text})

    def _begin(self, block: dict[str, Json]) -> bytes:
        self._blocks += 1
        return _frame("content_block_start", index=self._blocks - 1, content_block=block)

    def _close(self) -> bytes:
        """End the open block of text or thinking."""
        if self._open is None:
            return b""
        self._open = None
        return _stop(self._blocks - 1)


def _stop(index: int) -> bytes:
    return _frame("content_block_stop", index=index)


def _delta(index: int, delta: dict[str, Json]) -> bytes:
    return _frame("content_block_delta", index=index, delta=delta)


def _frame(kind: str, **fields: Json) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), orjson.dumps({"type": kind, **fields}))
