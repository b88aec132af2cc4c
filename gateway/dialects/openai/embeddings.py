"""The OpenAI embeddings API, ``/v1/embeddings``.

Source: the types of openai-python 3.52 (``embedding_create_params``). Numbers are requested from deployments,
so that a reply can hold nothing else; base64, which SDKs request by default, is encoded here.
"""

import base64
from collections.abc import Mapping, Sequence
from struct import pack
from typing import Final

import orjson

from gateway.dialects.core.fields import MODEL
from gateway.dialects.core.openai_dialect import OpenAIDialect
from gateway.dialects.core.rebuild import replace_segments
from gateway.dialects.core.refused_names import refuse_routing
from gateway.dialects.core.reply import vectors
from gateway.dialects.core.shapes import Shape, enum, integer, text, unsupported
from gateway.dialects.core.walker import read
from gateway.dialects.openai.fields import NOT_SERVED
from gateway.dialects.openai.frames import ChatFramer
from gateway.errors import UnsupportedField
from gateway.types import Call, Event, Json, MaskedCall, UsageEvent

INPUT: Final = Shape(
    expected="a string or an array of strings",
    kinds=frozenset({str, list}),
    items=Shape(
        expected="a string: token ids can't be scanned, so send text "
        "(langchain-openai: OpenAIEmbeddings(check_embedding_ctx_length=False))",
        error=UnsupportedField,
        kinds=frozenset({str}),
    ),
    origin="user",
    min_items=1,
    max_items=2048,
)

REQUEST: Final = Shape(
    expected="an object",
    fields={
        "model": MODEL,
        "input": INPUT,
        "dimensions": integer(1, 65_536),
        "encoding_format": enum("float", "base64"),
        "user": text(),
        "truncate_prompt_tokens": integer(-1, 10_000_000),
        "input_ids": NOT_SERVED["input_ids"],
        "stream": unsupported("embeddings are not streamed"),
    },
    required=("model", "input"),
    refuse_key=refuse_routing,
)
"""An embeddings request."""


class OpenAIEmbeddings(OpenAIDialect):
    """OpenAI's embeddings."""

    operations: Final = ("embeddings",)

    def parse(self, body: bytes, operation: str, model: str | None = None) -> Call:
        """Read a request body; see :meth:`gateway.dialects.base.Dialect.parse`."""
        document, walker = read(body, REQUEST, model)
        return Call(
            dialect=self.name,
            operation=operation,
            model=document["model"],
            stream=False,
            document=document,
            segments=tuple(walker.segments),
            tools=frozenset(),
            modalities=frozenset({"text"}),
        )

    def rebuild(
        self, call: Call, replacements: Mapping[int, str], redactions: Mapping[str, int]
    ) -> MaskedCall:
        """The call with masked texts; see :meth:`gateway.dialects.base.Dialect.rebuild`."""
        document = replace_segments(call.document, call.segments, replacements)
        neutral = {name: value for name, value in document.items() if name != "model"}
        return MaskedCall(
            dialect=call.dialect,
            operation=call.operation,
            model=call.model,
            stream=False,
            document=document,
            neutral={**neutral, "encoding_format": "float"},
            form="embeddings",
            redactions=dict(redactions),
        )

    def framer(self, call: Call) -> ChatFramer:
        """A framer that only writes errors: embeddings are not streamed."""
        return ChatFramer(call)

    def assemble(self, call: Call, events: Sequence[Event]) -> bytes:
        """The reply as a ``list`` of ``embedding`` objects, in the order of the inputs.

        Raises:
            UpstreamFailed: there is not exactly one vector for each input.
        """
        base64_wanted = call.document.get("encoding_format") == "base64"
        rows = [
            {
                "object": "embedding",
                "index": index,
                "embedding": _base64(vector) if base64_wanted else vector,
            }
            for index, vector in enumerate(vectors(call.document["input"], events))
        ]
        reply: dict[str, Json] = {"object": "list", "data": rows, "model": call.model}
        tokens = next((e.input_tokens for e in events if isinstance(e, UsageEvent)), 0)
        reply["usage"] = {"prompt_tokens": tokens, "total_tokens": tokens}
        return orjson.dumps(reply)


def _base64(vector: tuple[float, ...]) -> str:
    """32-bit floats in little-endian order, as OpenAI's SDKs decode them."""
    return base64.b64encode(pack(f"<{len(vector)}f", *vector)).decode()
