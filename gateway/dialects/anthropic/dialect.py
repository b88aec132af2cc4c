"""Anthropic's Messages API: ``/v1/messages`` and ``/v1/messages/count_tokens``.

Source: the types of anthropic-python 2.10. Tokens are counted by the deployment itself: it is asked for one token, and says how
many the prompt had.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import orjson

from gateway.dialects.anthropic.fields import COUNT_REQUEST, REQUEST
from gateway.dialects.anthropic.frames import MessageFramer
from gateway.dialects.anthropic.neutral import neutral
from gateway.dialects.anthropic.reply import error_document, message
from gateway.dialects.core.errors import OpenAIDialect
from gateway.dialects.core.fields import PURPOSE
from gateway.dialects.core.rebuild import replace_segments
from gateway.dialects.core.walker import read
from gateway.errors import SekishoError, UpstreamFailed
from gateway.types import Call, Event, Json, MaskedCall, Path, Segment, UsageEvent

_COUNT: Final = "count_tokens"


class AnthropicMessages:
    """Anthropic's messages."""

    name: Final = "anthropic"
    sequential: Final = True
    inline_reasoning: Final = False
    operations: Final = ("messages", _COUNT)

    def parse(self, body: bytes, operation: str, model: str | None = None) -> Call:
        """Read a request body; see :meth:`gateway.dialects.base.Dialect.parse`."""
        document, walker = read(body, COUNT_REQUEST if operation == _COUNT else REQUEST, model)
        return Call(
            dialect=self.name,
            operation=operation,
            model=document["model"],
            stream=document.get("stream") is True,
            document=document,
            segments=tuple(_mark_signed(segment, document) for segment in walker.segments),
            tools=frozenset(tool["name"] for tool in document.get("tools") or ()),
            modalities=frozenset({"text", *walker.modalities}),
            purpose=(document.get("metadata") or {}).get(PURPOSE),
            max_output_tokens=document.get("max_tokens"),
        )

    def rebuild(
        self, call: Call, replacements: Mapping[int, str], redactions: Mapping[str, int]
    ) -> MaskedCall:
        """The call with masked texts; a signed thought in which something was found is left out whole."""
        broken = {
            call.segments[index].path[:-1]
            for index in replacements
            if call.segments[index].place == "sealed"
        }
        document = replace_segments(
            call.document,
            call.segments,
            {i: t for i, t in replacements.items() if call.segments[i].place != "sealed"},
        )
        if broken:
            document = _without(document, broken)
        counted = {"max_tokens": 1} if call.operation == _COUNT else {}
        return MaskedCall(
            dialect=call.dialect,
            operation=call.operation,
            model=call.model,
            stream=call.stream,
            document=document,
            neutral={**neutral(document), **counted},
            redactions=dict(redactions),
        )

    def framer(self, call: Call) -> MessageFramer:
        """A framer for a streamed reply, as Anthropic's named events."""
        return MessageFramer(call)

    def assemble(self, call: Call, events: Sequence[Event]) -> bytes:
        """The reply as a ``message``, or the count of tokens.

        Raises:
            UpstreamFailed: the events are not a complete reply.
        """
        if call.operation == _COUNT:
            usage = next((event for event in events if isinstance(event, UsageEvent)), None)
            if usage is None:
                raise UpstreamFailed("The model server does not count tokens.", fallback=False)
            return orjson.dumps({"input_tokens": usage.input_tokens})
        return orjson.dumps(message(call, events))

    def error(self, error: SekishoError, request_id: str) -> bytes:
        """Anthropic's error object, with the gateway's code, reasons and request id in it."""
        return orjson.dumps(error_document(error, request_id))

    def models(self, names: Iterable[str]) -> bytes:
        """The list of models, which both SDKs read at the same path."""
        return OpenAIDialect().models(names)


def _mark_signed(segment: Segment, document: Json) -> Segment:
    """A thought that its provider signed may not be changed; one without a signature is text."""
    if segment.path[-1] != "thinking" or len(segment.path) != 5:
        return segment
    block = _at(document, segment.path[:-1])
    signed = block.get("type") == "thinking" and block.get("signature")
    return replace(segment, place="sealed") if signed else segment


def _at(document: Json, path: Path) -> Json:
    for step in path:
        document = document[step]
    return document


def _without(document: dict[str, Json], broken: set[Path]) -> dict[str, Json]:
    """The document without these blocks, each at ``("messages", i, "content", j)``."""
    messages = [
        {
            **turn,
            "content": [
                block
                for j, block in enumerate(turn["content"])
                if ("messages", i, "content", j) not in broken
            ],
        }
        if isinstance(turn["content"], list)
        else turn
        for i, turn in enumerate(document["messages"])
    ]
    return {**document, "messages": messages}
