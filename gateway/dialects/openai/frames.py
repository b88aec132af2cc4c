"""Streamed replies as server-sent events: ``chat.completion.chunk`` objects, then ``[DONE]``."""

from collections.abc import Mapping
from typing import Final

import orjson

from gateway.dialects.core.json_builder import JsonBuilder
from gateway.dialects.core.reply import KEEP_ALIVE, data_frame, error_frame
from gateway.dialects.openai.reply import head, place, usage_document
from gateway.errors import SekishoError, UpstreamFailed
from gateway.types import (
    Call,
    Embedding,
    Event,
    Finish,
    Json,
    Path,
    ReplyStored,
    Start,
    TextDelta,
    TextEvent,
    ToolDelta,
    UnknownField,
    UsageEvent,
)

_TEXT_MARK: Final = "\x00text\x00"
"""Stands for a text in a frame; ids hold no control characters, so it stands there once."""
_DONE: Final = b"data: [DONE]\n\n"


class ChatFramer:
    """Frames one reply. Choices may interleave; each begins with a delta that names its role."""

    media_type: Final = "text/event-stream; charset=utf-8"

    def __init__(self, call: Call) -> None:
        self._call = call
        options = call.document.get("stream_options") or {}
        self._counts = options.get("include_usage") is True
        self._head: dict[str, Json] | None = None
        self._usage: UsageEvent | None = None
        self._begun: set[int] = set()
        self._template: dict[int, tuple[bytes, bytes]] = {}

    def feed(self, event: Event) -> bytes:
        """The frames that an event makes.

        Raises:
            UpstreamFailed: the reply has no beginning, or contradicts itself.
        """
        match event:
            case TextDelta():
                return self._begin(event) + self._text(event.choice, event.text)
            case Start():
                self._head = head(self._call, event, "chat.completion.chunk")
                return b""
            case UsageEvent():
                self._usage = event
                return b""
            case Embedding() | ReplyStored():
                raise UpstreamFailed("The model server sent another kind of reply.", fallback=False)
            case Finish():
                return self._begin(event) + self._choice(event.choice, {}, event.reason)
            case _:
                return self._begin(event) + self._choice(event.choice, self._delta(event), None)

    def comment(self) -> bytes:
        """A comment line, which event-stream clients ignore."""
        return KEEP_ALIVE

    def error(self, error: SekishoError, request_id: str) -> bytes:
        """An ``error`` event: SDKs raise it, and no ``[DONE]`` follows."""
        return error_frame(error, request_id)

    def done(self) -> bytes:
        """The token counts, if the caller asked for them, and ``[DONE]``."""
        return last_frames(self._head or {}, self._usage if self._counts else None)

    def _begin(self, event: TextEvent | Finish) -> bytes:
        """The first delta of a choice."""
        if event.choice in self._begun:
            return b""
        self._begun.add(event.choice)
        content = "" if isinstance(event, TextDelta | Finish) else None
        return self._choice(event.choice, {"role": "assistant", "content": content}, None)

    def _text(self, choice: int, text: str) -> bytes:
        """A piece of text, in the frame that all pieces of a choice share."""
        around = self._template.get(choice)
        if around is None:
            frame = self._choice(choice, {"content": _TEXT_MARK}, None)
            before, _, after = frame.partition(orjson.dumps(_TEXT_MARK))
            around = self._template[choice] = before, after
        return b"%b%b%b" % (around[0], orjson.dumps(text), around[1])

    def _delta(self, event: TextEvent) -> dict[str, Json]:
        tree = JsonBuilder()
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
        return data_frame(chunk)


def last_frames(head: Mapping[str, Json], usage: UsageEvent | None) -> bytes:
    """The token counts, when wanted, and ``[DONE]``."""
    if usage is None:
        return _DONE
    return data_frame({**head, "choices": [], "usage": usage_document(usage)}) + _DONE


def _number_items(tree: JsonBuilder, event: TextEvent) -> None:
    """Give each object in an array its ``index``: SDKs join the pieces of a stream by it."""
    path: Path = ("tool_calls", event.part, "id") if isinstance(event, ToolDelta) else ()
    if isinstance(event, UnknownField):
        path = event.path
    for depth, step in enumerate(path[:-1], start=1):
        if isinstance(step, int):
            tree.put((*path[:depth], "index"), step)
