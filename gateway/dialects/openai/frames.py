"""Streamed replies as server-sent events: ``chat.completion.chunk`` objects, then ``[DONE]``."""

from collections.abc import Mapping
from typing import Final

import orjson

from gateway.dialects.base import Framer
from gateway.dialects.core.json_builder import JsonBuilder
from gateway.dialects.core.reply import KEEP_ALIVE, data_frame, error_frame
from gateway.dialects.openai.reply import common_fields, place, usage_document
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
"""Marks where the text goes in a frame template. Ids hold no control characters, so the mark occurs only once."""
_DONE: Final = b"data: [DONE]\n\n"


class ChatFramer(Framer):
    """Frames one reply. Choices may be interleaved; each begins with a delta that holds its role."""

    media_type: Final = "text/event-stream; charset=utf-8"

    def __init__(self, call: Call) -> None:
        self._call = call
        options = call.document.get("stream_options") or {}
        self._counts = options.get("include_usage") is True
        self._common: dict[str, Json] | None = None
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
                self._common = common_fields(self._call, event, "chat.completion.chunk")
                return b""
            case UsageEvent():
                self._usage = event
                return b""
            case Embedding() | ReplyStored():
                raise UpstreamFailed(
                    "The model server sent an unexpected kind of event.", fallback=False
                )
            case Finish():
                return self._begin(event) + self._choice(event.choice, {}, event.reason)
            case _:
                return self._begin(event) + self._choice(event.choice, self._delta(event), None)

    def comment(self) -> bytes:
        """A comment line, which clients of event streams ignore."""
        return KEEP_ALIVE

    def error(self, error: SekishoError, request_id: str) -> bytes:
        """An ``error`` event: SDKs raise it, and no ``[DONE]`` follows."""
        return error_frame(error, request_id)

    def done(self) -> bytes:
        """The token counts, if the caller requested them, and ``[DONE]``."""
        return last_frames(self._common or {}, self._usage if self._counts else None)

    def _begin(self, event: TextEvent | Finish) -> bytes:
        """The first delta of a choice, which holds the role; nothing when the choice has begun."""
        if event.choice in self._begun:
            return b""
        self._begun.add(event.choice)
        # As OpenAI does: null where a tool call, a refusal or reasoning comes first.
        content = "" if isinstance(event, TextDelta | Finish) else None
        return self._choice(event.choice, {"role": "assistant", "content": content}, None)

    def _text(self, choice: int, text: str) -> bytes:
        """A frame with a piece of text. All such frames of a choice differ only in the text: one is built and reused."""
        template = self._template.get(choice)
        if template is None:
            frame = self._choice(choice, {"content": _TEXT_MARK}, None)
            # In JSON the control characters of the mark are escaped.
            before, _, after = frame.partition(orjson.dumps(_TEXT_MARK))
            template = self._template[choice] = before, after
        return b"%b%b%b" % (template[0], orjson.dumps(text), template[1])

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
        if self._common is None:
            raise UpstreamFailed("The model server's reply has no beginning.", fallback=False)
        chunk = {**self._common, "choices": choices}
        if self._counts:
            # With include_usage, every chunk has the field: null in all but the last.
            chunk["usage"] = usage
        return data_frame(chunk)


def last_frames(common: Mapping[str, Json], usage: UsageEvent | None) -> bytes:
    """The token counts, unless ``usage`` is ``None``, and ``[DONE]``."""
    if usage is None:
        return _DONE
    return data_frame({**common, "choices": [], "usage": usage_document(usage)}) + _DONE


def _number_items(tree: JsonBuilder, event: TextEvent) -> None:
    """Give each object in an array its ``index``, by which SDKs join the pieces of a stream."""
    path: Path = ("tool_calls", event.part, "id") if isinstance(event, ToolDelta) else ()
    if isinstance(event, UnknownField):
        path = event.path
    for depth, step in enumerate(path[:-1], start=1):
        if isinstance(step, int):
            tree.put((*path[:depth], "index"), step)
