"""The OpenAI chat-completions API: ``/v1/chat/completions`` and ``/v1/models``.

Source: https://platform.openai.com/docs/api-reference/chat and the types of openai-python 3.54.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import orjson

from gateway.dialects.core.fields import PURPOSE
from gateway.dialects.core.openai_dialect import OpenAIDialect
from gateway.dialects.core.rebuild import replace_segments
from gateway.dialects.core.walker import read
from gateway.dialects.openai.fields import REQUEST, streams
from gateway.dialects.openai.frames import ChatFramer
from gateway.dialects.openai.reply import completion
from gateway.types import Call, Event, Json, MaskedCall

_SET_BY_GATEWAY: Final = frozenset({"model", "stream", "stream_options"})
"""The fields that the gateway sets itself when it sends a request to a deployment."""


class OpenAIChat(OpenAIDialect):
    """OpenAI's chat completions. The masked document without the model is the neutral form."""

    operations: Final = ("chat.completions",)

    def parse(self, body: bytes, operation: str, model: str | None = None) -> Call:
        """Read a request body; see :meth:`gateway.dialects.base.Dialect.parse`."""
        document, walker = read(body, REQUEST, model)
        return Call(
            dialect=self.name,
            operation=operation,
            model=document["model"],
            stream=streams(document),
            document=document,
            segments=tuple(walker.segments),
            tools=frozenset(_tool_names(document)),
            modalities=frozenset({"text", *walker.modalities}),
            purpose=(document.get("metadata") or {}).get(PURPOSE),
            max_output_tokens=_max_output_tokens(document),
        )

    def rebuild(
        self, call: Call, replacements: Mapping[int, str], redactions: Mapping[str, int]
    ) -> MaskedCall:
        """The call with masked texts; see :meth:`gateway.dialects.base.Dialect.rebuild`."""
        document = replace_segments(call.document, call.segments, replacements)
        return MaskedCall(
            dialect=call.dialect,
            operation=call.operation,
            model=call.model,
            stream=call.stream,
            document=document,
            neutral=_neutral(document),
            redactions=dict(redactions),
        )

    def framer(self, call: Call) -> ChatFramer:
        """A framer for a streamed reply, as ``chat.completion.chunk`` objects."""
        return ChatFramer(call)

    def assemble(self, call: Call, events: Sequence[Event]) -> bytes:
        """The reply as a ``chat.completion`` object.

        Raises:
            UpstreamFailed: the events are not a complete reply.
        """
        return orjson.dumps(completion(call, events))


def _neutral(document: dict[str, Json]) -> dict[str, Json]:
    """The document without the fields that the gateway sets itself, and without those meant for the gateway only."""
    neutral = {key: value for key, value in document.items() if key not in _SET_BY_GATEWAY}
    metadata = neutral.get("metadata")
    if metadata and PURPOSE in metadata:
        others = {key: value for key, value in metadata.items() if key != PURPOSE}
        neutral["metadata"] = others
        if not others:
            del neutral["metadata"]
    return neutral


def _tool_names(document: dict[str, Json]) -> Iterable[str]:
    for tool in document.get("tools") or ():
        yield tool["function"]["name"]


def _max_output_tokens(document: dict[str, Json]) -> int | None:
    for name in ("max_completion_tokens", "max_tokens"):
        limit = document.get(name)
        if isinstance(limit, int):
            return limit
    return None
