"""Ollama's replies: one JSON object, or a stream of them, one on a line (NDJSON)."""

from datetime import UTC, datetime
from typing import Final

import orjson

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
    """Turns events into Ollama's objects. Calls of tools are objects there, so they are given whole, at the end."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._created = ""
        self._usage: UsageEvent | None = None
        self._reason: str | None = None
        self._tools: dict[int, dict[str, str]] = {}
        self._reasoning = ""

    def add(self, event: Event) -> dict[str, Json] | None:
        """Note an event; the object that it makes."""
        match event:
            case Start():
                self._created = _time(event.created)
            case TextDelta() | RefusalDelta():
                return self.line(text=event.text)
            case ReasoningDelta():
                # A server may show its reasoning under two names: one of them is enough.
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
        """An object that says something, and is not the last."""
        body: dict[str, Json] = {"model": self._call.model, "created_at": self._created}
        thought = {"thinking": thinking} if thinking else {}
        if self._call.operation == "generate":
            return {**body, "response": text, **thought, "done": False}
        called = {"tool_calls": calls} if calls else {}
        message = {"role": "assistant", "content": text, **thought, **called}
        return {**body, "message": message, "done": False}

    def last(self) -> dict[str, Json]:
        """The object that ends the reply. Durations are not known here, and left out.

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


class NdjsonFramer:
    """Frames one streamed reply."""

    media_type: Final = "application/x-ndjson"

    def __init__(self, call: Call) -> None:
        self._lines = ReplyObjects(call)

    def feed(self, event: Event) -> bytes:
        """The line that an event makes, if any."""
        line = self._lines.add(event)
        return b"" if line is None else _line(line)

    def comment(self) -> bytes:
        """An object that says nothing: NDJSON has no comments."""
        return _line(self._lines.line())

    def error(self, error: SekishoError, request_id: str) -> bytes:
        """The line that ends a broken reply: SDKs raise it, and no ``done`` follows."""
        return _line(error_document(error, request_id))

    def done(self) -> bytes:
        """Why the reply ended, and its token counts."""
        return _line(self._lines.last())


def error_document(error: SekishoError, request_id: str) -> dict[str, Json]:
    """``{"error": "…"}``, which is all that Ollama's clients read, with the gateway's reasons beside it."""
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
    """RFC 3339; a server that gave no time, or an absurd one, gets the epoch."""
    seconds = created if 0 <= created < 2**35 else 0
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
