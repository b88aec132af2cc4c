"""Anthropic's Messages API: ``/v1/messages`` and ``/v1/messages/count_tokens``.

Source: the types of anthropic-python 2.10. Tokens are counted by the deployment: it gets the request with
a limit of one token, and reports the number of prompt tokens.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import orjson

from gateway.dialects.anthropic.fields import COUNT_REQUEST, REQUEST
from gateway.dialects.anthropic.frames import MessageFramer
from gateway.dialects.anthropic.neutral import neutral
from gateway.dialects.anthropic.reply import error_document, message
from gateway.dialects.base import Dialect
from gateway.dialects.core.fields import PURPOSE
from gateway.dialects.core.openai_dialect import model_list
from gateway.dialects.core.rebuild import replace_segments
from gateway.dialects.core.walker import read
from gateway.errors import SekishoError, UpstreamFailed
from gateway.types import Call, Event, Json, MaskedCall, Path, Segment, UsageEvent

_COUNT: Final = "count_tokens"


class AnthropicMessages(Dialect):
    """Anthropic's messages and token counts."""

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
        """The call with masked texts. A signed thinking block with a finding is left out.

        Its signature covers the text, so a masked block would be rejected by the provider.
        """
        unsendable = {
            call.segments[index].path[:-1]
            for index in replacements
            if call.segments[index].place == "signed"
        }
        document = replace_segments(
            call.document,
            call.segments,
            {i: t for i, t in replacements.items() if call.segments[i].place != "signed"},
        )
        if unsendable:
            # Last: it shifts the indices of blocks, by which segments are found.
            document = _without(document, unsendable)
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
                raise UpstreamFailed(
                    "The model server did not report token counts.", fallback=False
                )
            return orjson.dumps({"input_tokens": usage.input_tokens})
        return orjson.dumps(message(call, events))

    def error(self, error: SekishoError, request_id: str) -> bytes:
        """Anthropic's error object, with the gateway's code, reasons and request id."""
        return orjson.dumps(error_document(error, request_id))

    def models(self, names: Iterable[str]) -> bytes:
        """The list of models; OpenAI's and Anthropic's SDKs request it at the same path."""
        return model_list(names)


def _mark_signed(segment: Segment, document: Json) -> Segment:
    """The segment, marked ``signed`` when it is signed thinking, which must not be changed; without a signature it is text."""
    # The path of a block: messages, i, content, j, thinking. A tool's argument of that name is deeper.
    if segment.path[-1] != "thinking" or len(segment.path) != 5:
        return segment
    block = _at(document, segment.path[:-1])
    signed = block.get("type") == "thinking" and block.get("signature")
    return replace(segment, place="signed") if signed else segment


def _at(document: Json, path: Path) -> Json:
    for step in path:
        document = document[step]
    return document


def _without(document: dict[str, Json], unsendable: set[Path]) -> dict[str, Json]:
    """The document without these blocks, each at ``("messages", i, "content", j)``."""
    messages = [
        {
            **turn,
            "content": [
                block
                for j, block in enumerate(turn["content"])
                if ("messages", i, "content", j) not in unsendable
            ],
        }
        if isinstance(turn["content"], list)
        else turn
        for i, turn in enumerate(document["messages"])
    ]
    return {**document, "messages": messages}
