"""Anthropic's reply objects from events: the parts that streamed and whole replies share."""

from collections.abc import Sequence
from typing import Final

from gateway.dialects.core.errors import error_document as openai_error
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

_STOPS: Final = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "content_filter": "refusal",
}
_ERRORS: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    422: "invalid_request_error",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
}


def error_document(error: SekishoError, request_id: str) -> dict[str, Json]:
    """``{"type": "error", "error": {"type", "message", …}, "request_id"}``."""
    error_fields = openai_error(error, request_id)["error"]
    kind = _ERRORS.get(error.status, "api_error")
    return {"type": "error", "error": {**error_fields, "type": kind}, "request_id": request_id}


def empty_message(call: Call, start: Start) -> dict[str, Json]:
    """The fields of every message. ``model`` is the name that the caller requested."""
    return {
        "id": start.id,
        "type": "message",
        "role": "assistant",
        "model": call.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 0, "output_tokens": 0},
    }


def stop_reason(reason: str, *, tools: bool) -> str:
    """Anthropic's stop reason. Some servers end a reply that calls tools with ``stop``."""
    stop = _STOPS.get(reason, "end_turn")
    return "tool_use" if tools and stop == "end_turn" else stop


def usage_document(usage: UsageEvent | None) -> dict[str, Json]:
    """Token counts. Tokens read from the provider's cache are counted separately, as Anthropic does."""
    if usage is None:
        return {"input_tokens": 0, "output_tokens": 0}
    details = usage.details.get("prompt_tokens_details") or {}
    # OpenAI counts cached tokens among those of the prompt, Anthropic beside them.
    cached = min(details.get("cached_tokens") or 0, usage.input_tokens)
    counts = {
        "input_tokens": usage.input_tokens - cached,
        "output_tokens": usage.output_tokens,
    }
    return {**counts, "cache_read_input_tokens": cached} if cached else counts


def message(call: Call, events: Sequence[Event]) -> dict[str, Json]:
    """The ``message`` object of a whole reply.

    Raises:
        UpstreamFailed: the reply has no beginning or no end, or a tool's input is not a JSON object.
    """
    start = next((event for event in events if isinstance(event, Start)), None)
    finish = next((event for event in events if isinstance(event, Finish)), None)
    if start is None or finish is None:
        raise UpstreamFailed("The model server's reply is incomplete.", fallback=False)
    blocks = _Blocks()
    for event in events:
        blocks.add(event)
    usage = next((event for event in events if isinstance(event, UsageEvent)), None)
    return {
        **empty_message(call, start),
        "content": blocks.content(),
        "stop_reason": stop_reason(finish.reason, tools=bool(blocks.tools)),
        "usage": usage_document(usage),
    }


class _Blocks:
    """Content blocks, in the order in which they began."""

    def __init__(self) -> None:
        self._blocks: list[dict[str, Json]] = []
        self.tools: dict[int, dict[str, Json]] = {}
        self._reasoning = ""

    def add(self, event: Event) -> None:
        match event:
            case TextDelta() | RefusalDelta():
                self._block("text", "text")["text"] += event.text
            case ReasoningDelta():
                # Some servers send the same reasoning under two field names: the first one seen is used.
                self._reasoning = self._reasoning or event.field_name
                if event.field_name == self._reasoning:
                    self._block("thinking", "thinking")["thinking"] += event.text
            case ToolDelta():
                self._tool(event)

    def _block(self, kind: str, field: str) -> dict[str, Json]:
        if not self._blocks or self._blocks[-1]["type"] != kind:
            signature = {"signature": ""} if kind == "thinking" else {}
            self._blocks.append({"type": kind, field: "", **signature})
        return self._blocks[-1]

    def _tool(self, event: ToolDelta) -> None:
        if event.part not in self.tools:
            block = {
                "type": "tool_use",
                # Results are sent back under this id, so every call needs one.
                "id": event.call_id or f"toolu_{event.part}",
                "name": event.name or "",
                "input": "",
            }
            self.tools[event.part] = block
            self._blocks.append(block)
        self.tools[event.part]["input"] += event.text

    def content(self) -> list[Json]:
        for block in self.tools.values():
            block["input"] = arguments(block["input"])
        return list(self._blocks)
