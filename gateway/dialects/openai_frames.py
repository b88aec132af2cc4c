"""Streamed replies as server-sent events: ``chat.completion.chunk`` objects, then ``[DONE]``."""

from typing import Final, TypeAlias

import orjson

from gateway.dialects.openai_errors import error_document
from gateway.dialects.openai_reply import head, place, usage_document
from gateway.dialects.tree import Tree
from gateway.errors import SekishoError, UpstreamFailed
from gateway.types import (
    Call,
    Event,
    Finish,
    Json,
    Path,
    ReasoningDelta,
    RefusalDelta,
    Start,
    TextDelta,
    ToolDelta,
    Unknown,
    UsageEvent,
)

_DONE: Final = b"data: [DONE]\n\n"
_COMMENT: Final = b": keep-alive\n\n"
_Spoken: TypeAlias = TextDelta | RefusalDelta | ReasoningDelta | ToolDelta | Unknown


class ChatFramer:
    """Frames one reply. Choices may interleave; each begins with a delta that names its role."""

    def __init__(self, call: Call) -> None:
        self._call = call
        options = call.document.get("stream_options") or {}
        self._counts = options.get("include_usage") is True
        self._head: dict[str, Json] | None = None
        self._usage: UsageEvent | None = None
        self._begun: set[int] = set()

    def feed(self, event: Event) -> bytes:
        """The frames that an event makes.

        Raises:
            UpstreamFailed: the reply has no beginning, or contradicts itself.
        """
        match event:
            case Start():
                self._head = head(self._call, event, "chat.completion.chunk")
                return b""
            case UsageEvent():
                self._usage = event
                return b""
            case Finish():
                return self._begin(event) + self._choice(event.choice, {}, event.reason)
            case _:
                return self._begin(event) + self._choice(event.choice, self._delta(event), None)

    def comment(self) -> bytes:
        """A comment line, which event-stream clients ignore."""
        return _COMMENT

    def error(self, error: SekishoError, request_id: str) -> bytes:
        """An ``error`` event: SDKs raise it, and no ``[DONE]`` follows."""
        return b"event: error\n" + _data(error_document(error, request_id))

    def done(self) -> bytes:
        """The token counts, if the caller asked for them, and ``[DONE]``."""
        if self._usage is None or not self._counts:
            return _DONE
        return self._chunk([], usage_document(self._usage)) + _DONE

    def _begin(self, event: Event) -> bytes:
        """The first delta of a choice."""
        if isinstance(event, Start | UsageEvent) or event.choice in self._begun:
            return b""
        self._begun.add(event.choice)
        content = "" if isinstance(event, TextDelta | Finish) else None
        return self._choice(event.choice, {"role": "assistant", "content": content}, None)

    def _delta(self, event: _Spoken) -> dict[str, Json]:
        tree = Tree()
        place(tree, event)
        _number_items(tree, event)
        return tree.json()

    def _choice(self, index: int, delta: dict[str, Json], reason: str | None) -> bytes:
        choice = {
            "index": index,
            "delta": delta,
            "logprobs": None,
            "finish_reason": reason,
        }
        return self._chunk([choice], None)

    def _chunk(self, choices: list[Json], usage: dict[str, Json] | None) -> bytes:
        if self._head is None:
            raise UpstreamFailed("The model server's reply has no beginning.", fallback=False)
        chunk = {**self._head, "choices": choices}
        if self._counts:
            chunk["usage"] = usage
        return _data(chunk)


def _number_items(tree: Tree, event: _Spoken) -> None:
    """Give each object in an array its ``index``: SDKs join the pieces of a stream by it."""
    path: Path = ("tool_calls", event.part, "id") if isinstance(event, ToolDelta) else ()
    if isinstance(event, Unknown):
        path = event.path
    for depth, step in enumerate(path[:-1], start=1):
        if isinstance(step, int):
            tree.put((*path[:depth], "index"), step)


def _data(document: Json) -> bytes:
    return b"data: " + orjson.dumps(document) + b"\n\n"
