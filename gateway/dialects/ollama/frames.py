"""Ollama's replies: one JSON object, or a stream of objects, one per line (NDJSON)."""

from datetime import UTC, datetime
from typing import Final

import orjson

from gateway.dialects.base import Framer
from gateway.dialects.core.reply import arguments
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

_REASONS: Final = {"length": "length"}


class ReplyObjects:
    """Turns events into Ollama's objects. Tool arguments are objects in this API, so tool calls are given whole, at the end."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._created = ""
        self._usage: UsageEvent | None = None
        self._reason: str | None = None
        self._tools: dict[int, dict[str, str]] = {}
        self._reasoning = ""

    def add(self, event: Event) -> dict[str, Json] | None:
        """Add an event; returns the object that it makes, if any."""
        match event:
            case Start():
                self._created = _time(event.created)
            case TextDelta() | RefusalDelta():
                return self.line(text=event.text)
            case ReasoningDelta():
                # Some servers send the same reasoning under two field names: the first one seen is used.
                self._reasoning = self._reasoning or event.field_name
                return (
                    self.line(thinking=event.text) if event.field_name == self._reasoning else None
                )
            case ToolDelta():
                tool = self._tools.setdefault(event.part, {"name": event.name or "", "raw": ""})
                tool["raw"] += event.text
            case UsageEvent():
                self._usage = event
            case Finish():
                self._reason = event.reason
                if self._tools:
                    return self.line(calls=self._calls())
        return None

    def line(
        self, text: str = "", thinking: str = "", calls: list[Json] | None = None
    ) -> dict[str, Json]:
        """An object with a piece of the reply; it is not the last one."""
        body: dict[str, Json] = {"model": self._call.model, "created_at": self._created}
        reasoning = {"thinking": thinking} if thinking else {}
        if self._call.operation == "generate":
            return {**body, "response": text, **reasoning, "done": False}
        tool_calls = {"tool_calls": calls} if calls else {}
        message = {"role": "assistant", "content": text, **reasoning, **tool_calls}
        return {**body, "message": message, "done": False}

    def last(self) -> dict[str, Json]:
        """The object that ends the reply. Durations are not known and left out.

        Raises:
            UpstreamFailed: the reply has no beginning or no end.
        """
        if not self._created or self._reason is None:
            raise UpstreamFailed("The model server's reply is incomplete.", fallback=False)
        reason = _REASONS.get(self._reason, "stop")
        ended = {**self.line(), "done": True, "done_reason": reason}
        if self._usage is not None:
            ended["prompt_eval_count"] = self._usage.input_tokens
            ended["eval_count"] = self._usage.output_tokens
        return ended

    def _calls(self) -> list[Json]:
        return [
            {"function": {"name": tool["name"], "arguments": arguments(tool["raw"])}}
            for tool in self._tools.values()
        ]


class NdjsonFramer(Framer):
    """Frames one streamed reply."""

    media_type: Final = "application/x-ndjson"

    def __init__(self, call: Call) -> None:
        self._lines = ReplyObjects(call)

    def feed(self, event: Event) -> bytes:
        """The line that an event makes, if any."""
        line = self._lines.add(event)
        return b"" if line is None else _line(line)

    def comment(self) -> bytes:
        """An object with empty content, since NDJSON has no comments."""
        return _line(self._lines.line())

    def error(self, error: SekishoError, request_id: str) -> bytes:
        """The line that ends a reply which failed: SDKs raise it, and no ``done`` follows."""
        return _line(error_document(error, request_id))

    def done(self) -> bytes:
        """The line with the reason for the end, and the token counts."""
        return _line(self._lines.last())


def error_document(error: SekishoError, request_id: str) -> dict[str, Json]:
    """``{"error": "…"}``, which is all that Ollama's clients read, with the gateway's code, reasons and request id added."""
    reasons = [
        {"id": reason.id, "title": reason.title, "remedy": reason.remedy}
        for reason in getattr(error, "reasons", ())
    ]
    return {
        "error": error.message,
        "code": error.code,
        "reasons": reasons,
        "request_id": request_id,
    }


def _line(document: Json) -> bytes:
    return orjson.dumps(document) + b"\n"


def _time(created: int) -> str:
    """The time in RFC 3339; the epoch when the server gave none, or one out of range."""
    # 2^35 seconds is the year 3058. datetime raises for values that are much larger.
    seconds = created if 0 <= created < 2**35 else 0
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
