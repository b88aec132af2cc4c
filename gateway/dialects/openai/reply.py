"""OpenAI's reply objects from events: the parts that streamed and whole replies share."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import orjson

from gateway.dialects.core.json_builder import JsonBuilder
from gateway.errors import UpstreamFailed
from gateway.types import (
    Call,
    Embedding,
    Event,
    Finish,
    Json,
    Path,
    ReasoningDelta,
    RefusalDelta,
    ReplyStored,
    Start,
    TextDelta,
    TextEvent,
    ToolDelta,
    UnknownField,
    UsageEvent,
)

# A JSON number (RFC 8259, section 6). A number that was masked is no longer one and becomes a string.
NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


def common_fields(call: Call, start: Start, kind: str) -> dict[str, Json]:
    """The fields of every reply object. ``model`` is the name that the caller requested."""
    body: dict[str, Json] = {
        "id": start.id,
        "object": kind,
        "created": start.created,
        "model": call.model,
    }
    if start.fingerprint is not None:
        body["system_fingerprint"] = start.fingerprint
    return body


def usage_document(usage: UsageEvent) -> dict[str, Json]:
    """Token counts in OpenAI's format, with the upstream's nested counts."""
    return {
        **usage.details,
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }


def place(tree: JsonBuilder, event: TextEvent) -> None:
    """Add a piece of a reply at its location in a message or delta."""
    match event:
        case TextDelta():
            tree.add(("content",), event.text)
        case RefusalDelta():
            tree.add(("refusal",), event.text)
        case ReasoningDelta():
            tree.add((event.field_name,), event.text)
        case ToolDelta():
            _place_tool(tree, event)
        case UnknownField():
            _place_unknown(tree, event)


def _place_unknown(tree: JsonBuilder, event: UnknownField) -> None:
    """A number stays a number, unless something in it was replaced."""
    if event.number and NUMBER.fullmatch(event.text):
        tree.put(event.path, orjson.loads(event.text))
    else:
        tree.add(event.path, event.text)


def _place_tool(tree: JsonBuilder, event: ToolDelta) -> None:
    call: Path = ("tool_calls", event.part)
    if event.call_id is not None:
        # put, not add: an id that is sent twice must not be doubled.
        tree.put((*call, "id"), event.call_id)
    if event.name is not None:
        tree.put((*call, "type"), "function")
        tree.put((*call, "function", "name"), event.name)
    tree.add((*call, "function", "arguments"), event.text)


def completion(call: Call, events: Sequence[Event]) -> dict[str, Json]:
    """The ``chat.completion`` object of a whole reply.

    Raises:
        UpstreamFailed: the reply has no beginning, or a choice has no end.
    """
    parts = _Parts()
    for event in events:
        parts.add(event)
    if parts.start is None or parts.messages.keys() != parts.reasons.keys():
        raise UpstreamFailed("The model server's reply is incomplete.", fallback=False)
    reply = common_fields(call, parts.start, "chat.completion")
    reply["choices"] = _choices(parts.messages, parts.reasons)
    if parts.usage is not None:
        reply["usage"] = usage_document(parts.usage)
    return reply


class _Parts:
    """Collects the events of a reply."""

    def __init__(self) -> None:
        self.start: Start | None = None
        self.usage: UsageEvent | None = None
        self.messages: dict[int, JsonBuilder] = {}
        self.reasons: dict[int, str] = {}

    def add(self, event: Event) -> None:
        match event:
            case Start():
                self.start = event
            case UsageEvent():
                self.usage = event
            case Finish():
                self.reasons[event.choice] = event.reason
                self.messages.setdefault(event.choice, JsonBuilder())
            case Embedding() | ReplyStored():
                raise UpstreamFailed(
                    "The model server sent an unexpected kind of event.", fallback=False
                )
            case _:
                place(self.messages.setdefault(event.choice, JsonBuilder()), event)


def _choices(messages: Mapping[int, JsonBuilder], reasons: Mapping[int, str]) -> list[Json]:
    return [
        {
            "index": index,
            "message": _message(messages[index].json()),
            "logprobs": None,
            "finish_reason": reasons[index],
        }
        for index in sorted(messages)
    ]


def _message(parts: dict[str, Json]) -> dict[str, Json]:
    # OpenAI has null content beside tool calls and refusals, and a string otherwise.
    has_content = not parts.keys() & {"tool_calls", "refusal"}
    return {
        "role": "assistant",
        "content": "" if has_content else None,
        "refusal": None,
        **parts,
    }
