"""Streamed responses: numbered events, from ``response.created`` to ``response.completed``.

Source: https://platform.openai.com/docs/api-reference/responses-streaming. An item ends when the next one begins; function calls
end with the reply, since servers may interleave the arguments of several.
"""

from typing import Final

import orjson

from gateway.dialects.base import Framer
from gateway.dialects.core.errors import error_document
from gateway.dialects.core.reply import KEEP_ALIVE
from gateway.dialects.responses.reply import Item, Output
from gateway.errors import SekishoError, UpstreamFailed
from gateway.types import Call, Event, Finish, Json, Start

_DELTAS: Final = {
    "text": "response.output_text",
    "refusal": "response.refusal",
    "reasoning": "response.reasoning_text",
    "arguments": "response.function_call_arguments",
}


class ResponseFramer(Framer):
    """Frames one response."""

    media_type: Final = "text/event-stream; charset=utf-8"

    def __init__(self, call: Call) -> None:
        self._output = Output(call)
        self._number = 0
        self._open: list[Item] = []

    def feed(self, event: Event) -> bytes:
        """The frames that an event makes."""
        addition = self._output.add(event)
        if isinstance(event, Start):
            created = {"response": self._output.response("in_progress")}
            return self._frame("response.created", **created) + self._frame(
                "response.in_progress", **created
            )
        if isinstance(event, Finish):
            return self._close(self._open)
        return b"" if addition is None else self._text_delta(*addition)

    def comment(self) -> bytes:
        """A comment line, which clients of event streams ignore."""
        return KEEP_ALIVE

    def error(self, error: SekishoError, request_id: str) -> bytes:
        """An ``error`` event: SDKs raise it, and no ``response.completed`` follows."""
        error_fields = error_document(error, request_id)
        fields = {"code": error.code, "message": error.message, "param": None}
        return self._frame("error", **fields, **error_fields)

    def done(self) -> bytes:
        """The final event, which holds the whole response.

        Raises:
            UpstreamFailed: the reply has no beginning or no end.
        """
        if not self._output.started or self._output.reason is None:
            raise UpstreamFailed("The model server's reply is incomplete.", fallback=False)
        response = self._output.response("completed")
        return self._frame(f"response.{response['status']}", response=response)

    def _text_delta(self, item: Item, text: str) -> bytes:
        begun = b"" if item in self._open else self._begin(item)
        if not text:
            return begun
        return begun + self._frame(f"{_DELTAS[item.field]}.delta", delta=text, **_position(item))

    def _begin(self, item: Item) -> bytes:
        ended = self._close([open_ for open_ in self._open if open_.field != "arguments"])
        self._open.append(item)
        # A new item without text: this one has its first piece already.
        added = Item(item.index, item.document, item.field).as_output("in_progress")
        frame = self._frame("response.output_item.added", output_index=item.index, item=added)
        if item.field == "arguments":
            return ended + frame
        empty = Item(item.index, item.document, item.field).part()
        return (
            ended
            + frame
            + self._frame("response.content_part.added", part=empty, **_position(item))
        )

    def _close(self, items: list[Item]) -> bytes:
        """The events that end these items: of the text, of the content part, and of the item."""
        frames = []
        # A copy: `items` may be the list that the items are removed from.
        for item in list(items):
            self._open.remove(item)
            function = {"name": item.document["name"]} if item.field == "arguments" else {}
            name = item.field if item.field in ("refusal", "arguments") else "text"
            frames.append(
                self._frame(
                    f"{_DELTAS[item.field]}.done",
                    **{name: item.text},
                    **function,
                    **_position(item),
                )
            )
            if item.field != "arguments":
                frames.append(
                    self._frame("response.content_part.done", part=item.part(), **_position(item))
                )
            ended = item.as_output("completed")
            frames.append(
                self._frame("response.output_item.done", output_index=item.index, item=ended)
            )
        return b"".join(frames)

    def _frame(self, kind: str, **fields: Json) -> bytes:
        document = {"type": kind, "sequence_number": self._number, **fields}
        self._number += 1
        return b"event: %b\ndata: %b\n\n" % (kind.encode(), orjson.dumps(document))


def _position(item: Item) -> dict[str, Json]:
    """The fields that locate a piece of an item. Messages and reasoning have a single content part, number 0."""
    position: dict[str, Json] = {"item_id": item.id, "output_index": item.index}
    if item.field == "text":
        position["logprobs"] = []
    return position if item.field == "arguments" else {**position, "content_index": 0}
