"""The OpenAI Responses API, ``/v1/responses``. The model server gets the whole conversation each time, and stores nothing.

Source: the types of openai-python 3.52 (``response_create_params``, ``response_stream_event``).
"""

from collections.abc import Mapping, Sequence
from typing import Final

import orjson

from gateway.dialects.core.fields import PURPOSE
from gateway.dialects.core.openai_dialect import OpenAIDialect
from gateway.dialects.core.rebuild import replace_segments
from gateway.dialects.core.walker import read
from gateway.dialects.responses.fields import REQUEST
from gateway.dialects.responses.frames import ResponseFramer
from gateway.dialects.responses.neutral import neutral
from gateway.dialects.responses.reply import Output
from gateway.errors import UpstreamFailed
from gateway.types import Call, Event, MaskedCall


class OpenAIResponses(OpenAIDialect):
    """OpenAI's responses."""

    sequential = True
    inline_reasoning = False
    operations: Final = ("responses",)

    def parse(self, body: bytes, operation: str, model: str | None = None) -> Call:
        """Read a request body; see :meth:`gateway.dialects.base.Dialect.parse`.

        ``store`` is an instruction to the gateway, so it is always false in the document that is sent on.
        """
        document, walker = read(body, REQUEST, model)
        # The API's default is to store.
        keep = document.get("store") is not False
        document["store"] = False
        return Call(
            dialect=self.name,
            operation=operation,
            model=document["model"],
            stream=document.get("stream") is True,
            document=document,
            segments=tuple(walker.segments),
            tools=frozenset(tool["name"] for tool in document.get("tools") or ()),
            modalities=frozenset({"text", *walker.modalities}),
            purpose=(document.get("metadata") or {}).get(PURPOSE),
            max_output_tokens=document.get("max_output_tokens"),
            previous_response_id=document.get("previous_response_id"),
            keep=keep,
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
            neutral=neutral(document),
            redactions=dict(redactions),
        )

    def framer(self, call: Call) -> ResponseFramer:
        """A framer for a streamed reply, as the API's named events."""
        return ResponseFramer(call)

    def assemble(self, call: Call, events: Sequence[Event]) -> bytes:
        """The reply as a ``response`` object.

        Raises:
            UpstreamFailed: the events are not a complete reply.
        """
        output = Output(call)
        for event in events:
            output.add(event)
        if not output.started or output.reason is None:
            raise UpstreamFailed("The model server's reply is incomplete.", fallback=False)
        return orjson.dumps(output.response("completed"))
