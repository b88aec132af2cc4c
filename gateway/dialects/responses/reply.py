"""Items of an OpenAI response from events: the parts that streamed and whole replies share."""

from typing import Final

from gateway.types import (
    Call,
    Event,
    Finish,
    Json,
    ReasoningDelta,
    RefusalDelta,
    ReplyStored,
    Start,
    TextDelta,
    ToolDelta,
    UsageEvent,
)

_ECHOED: Final = (
    "instructions",
    "max_output_tokens",
    "metadata",
    "parallel_tool_calls",
    "reasoning",
    "service_tier",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_p",
    "truncation",
    "user",
)
_DEFAULTS: Final[dict[str, Json]] = {
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
    "metadata": {},
}


class Item:
    """One item of the output, as far as it has been received."""

    def __init__(self, index: int, document: dict[str, Json], field: str) -> None:
        self.index = index
        self.document = document
        self.field = field
        """What its text is: ``text``, ``refusal``, ``reasoning`` or ``arguments``."""
        self.text = ""

    @property
    def id(self) -> str:
        """The id of the item within the response."""
        return str(self.document["id"])

    def part(self) -> dict[str, Json]:
        """The content part of a message or of reasoning, with the text so far."""
        match self.field:
            case "refusal":
                return {"type": "refusal", "refusal": self.text}
            case "reasoning":
                return {"type": "reasoning_text", "text": self.text}
            case _:
                return {"type": "output_text", "text": self.text, "annotations": []}

    def as_output(self, status: str) -> dict[str, Json]:
        """The item as an element of ``output``."""
        if self.field == "arguments":
            return {**self.document, "arguments": self.text, "status": status}
        # While an item is in progress, its parts are announced by events of their own.
        content = [self.part()] if self.text or status != "in_progress" else []
        return {**self.document, "content": content, "status": status}


class Output:
    """Collects events into items, in the order in which the items began."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.items: list[Item] = []
        self.usage: UsageEvent | None = None
        self.reason: str | None = None
        self._stored = False
        self._start: Start | None = None
        self._calls: dict[int, Item] = {}
        self._reasoning = ""

    @property
    def started(self) -> bool:
        """Whether the reply has begun."""
        return self._start is not None

    def add(self, event: Event) -> tuple[Item, str] | None:
        """Add an event; returns its item and the text that it adds to it, or ``None`` for other events."""
        match event:
            case Start():
                self._start = event
            case UsageEvent():
                self.usage = event
            case Finish():
                self.reason = event.reason
            case ReplyStored():
                self._stored = True
            case ToolDelta():
                return self._add(self._call_item(event), event.text)
            case TextDelta():
                return self._add(self._last("text"), event.text)
            case RefusalDelta():
                return self._add(self._last("refusal"), event.text)
            case ReasoningDelta():
                # Some servers send the same reasoning under two field names: the first one seen is used.
                self._reasoning = self._reasoning or event.field_name
                if event.field_name == self._reasoning:
                    return self._add(self._last("reasoning"), event.text)
        return None

    def response(self, status: str) -> dict[str, Json]:
        """The response object. ``store`` is whether the reply is to be stored and, once it has ended, whether it was."""
        start, request = self._start, self.call.document
        cut = self.reason in ("length", "content_filter")
        cause = "max_output_tokens" if self.reason == "length" else "content_filter"
        done = "incomplete" if cut and status == "completed" else status
        return {
            "id": self.call.reply_id or (f"resp_{start.id}" if start is not None else ""),
            "object": "response",
            "created_at": start.created if start is not None else 0,
            "model": self.call.model,
            "status": done,
            "error": None,
            "incomplete_details": {"reason": cause} if done == "incomplete" else None,
            "output": [item.as_output(done) for item in self.items],
            "previous_response_id": self.call.previous_response_id,
            "store": self._stored if self.reason is not None else bool(self.call.reply_id),
            **_DEFAULTS,
            **{name: request[name] for name in _ECHOED if request.get(name) is not None},
            "usage": usage_document(self.usage),
        }

    def _add(self, item: Item, text: str) -> tuple[Item, str]:
        item.text += text
        return item, text

    def _last(self, field: str) -> Item:
        # Another kind begins an item of its own: of all items, only function calls may interleave.
        if self.items and self.items[-1].field == field:
            return self.items[-1]
        kind: dict[str, Json] = (
            {"type": "reasoning", "summary": []}
            if field == "reasoning"
            else {"type": "message", "role": "assistant"}
        )
        return self._begin("rs" if field == "reasoning" else "msg", kind, field)

    def _call_item(self, event: ToolDelta) -> Item:
        if event.part not in self._calls:
            # Results are sent back under this id, so every call needs one.
            call_id = event.call_id or f"call_{event.part}"
            kind = {"type": "function_call", "call_id": call_id, "name": event.name or ""}
            self._calls[event.part] = self._begin("fc", kind, "arguments")
        return self._calls[event.part]

    def _begin(self, prefix: str, document: dict[str, Json], field: str) -> Item:
        index = len(self.items)
        stem = self._start.id if self._start is not None else ""
        item = Item(index, {"id": f"{prefix}_{stem}_{index}", **document}, field)
        self.items.append(item)
        return item


def usage_document(usage: UsageEvent | None) -> dict[str, Json] | None:
    """Token counts in the format of the Responses API."""
    if usage is None:
        return None
    prompt = usage.details.get("prompt_tokens_details") or {}
    completion = usage.details.get("completion_tokens_details") or {}
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {
            "cached_tokens": prompt.get("cached_tokens") or 0,
            "cache_write_tokens": prompt.get("cache_write_tokens") or 0,
        },
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": completion.get("reasoning_tokens") or 0},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
