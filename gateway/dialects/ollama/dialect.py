"""Ollama's API: ``/api/chat``, ``/api/generate``, ``/api/embed`` and ``/api/tags``.

Sources: https://github.com/ollama/ollama/blob/main/docs/api.md and ollama-python 0.6. Replies are streamed unless
``stream`` is false.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import orjson

from gateway.dialects.base import Dialect
from gateway.dialects.core.rebuild import replace_segments
from gateway.dialects.core.reply import vectors
from gateway.dialects.core.walker import read
from gateway.dialects.ollama.fields import CHAT, EMBED, GENERATE
from gateway.dialects.ollama.frames import NdjsonFramer, ReplyObjects, error_document
from gateway.dialects.ollama.neutral import neutral
from gateway.errors import InvalidRequest, SekishoError
from gateway.types import Call, Event, Json, MaskedCall, UsageEvent

_REQUESTS: Final = {"chat": CHAT, "generate": GENERATE, "embed": EMBED}


class Ollama(Dialect):
    """Ollama's own API."""

    name: Final = "ollama"
    sequential: Final = False
    inline_reasoning: Final = False
    operations: Final = ("chat", "generate", "embed")

    def parse(self, body: bytes, operation: str, model: str | None = None) -> Call:
        """Read a request body; see :meth:`gateway.dialects.base.Dialect.parse`."""
        document, walker = read(body, _REQUESTS[operation], model)
        _check_raw(document)
        limit = (document.get("options") or {}).get("num_predict")
        return Call(
            dialect=self.name,
            operation=operation,
            model=document["model"],
            stream=operation != "embed" and document.get("stream") is not False,
            document=document,
            segments=tuple(walker.segments),
            tools=frozenset(tool["function"]["name"] for tool in document.get("tools") or ()),
            modalities=frozenset({"text", *walker.modalities}),
            # In Ollama, -1 is no limit and -2 fills the context.
            max_output_tokens=limit if isinstance(limit, int) and limit > 0 else None,
        )

    def rebuild(
        self, call: Call, replacements: Mapping[int, str], redactions: Mapping[str, int]
    ) -> MaskedCall:
        """The call with masked texts; see :meth:`gateway.dialects.base.Dialect.rebuild`."""
        document = replace_segments(call.document, call.segments, replacements)
        form, translated = neutral(document, call.operation)
        return MaskedCall(
            dialect=call.dialect,
            operation=call.operation,
            model=call.model,
            stream=call.stream,
            document=document,
            neutral=translated,
            form=form,
            redactions=dict(redactions),
        )

    def framer(self, call: Call) -> NdjsonFramer:
        """A framer for a streamed reply: one object a line."""
        return NdjsonFramer(call)

    def assemble(self, call: Call, events: Sequence[Event]) -> bytes:
        """The whole reply as one object.

        Raises:
            UpstreamFailed: the events are not a complete reply.
        """
        if call.operation == "embed":
            return orjson.dumps(_embedded(call, events))
        lines = ReplyObjects(call)
        objects = [line for event in events if (line := lines.add(event)) is not None]
        return orjson.dumps(_joined(lines.last(), objects))

    def error(self, error: SekishoError, request_id: str) -> bytes:
        """Ollama's error object, with the gateway's code, reasons and request id added."""
        return orjson.dumps(error_document(error, request_id))

    def models(self, names: Iterable[str]) -> bytes:
        """The list of models. Sizes and digests are empty, since the gateway has no model files."""
        data = [
            {
                "name": name,
                "model": name,
                "modified_at": "1970-01-01T00:00:00Z",
                "size": 0,
                "digest": "",
                "details": {"format": "", "family": "", "families": [], "parameter_size": ""},
            }
            for name in names
        ]
        return orjson.dumps({"models": data})


def _check_raw(document: dict[str, Json]) -> None:
    """A prompt without a chat template can carry no images, schema or thinking."""
    if not (document.get("raw") or document.get("suffix")):
        return
    for name in ("images", "format", "think"):
        if document.get(name):
            raise InvalidRequest(f"{name} can't go with `raw` or `suffix`.", param=name)


def _embedded(call: Call, events: Sequence[Event]) -> dict[str, Json]:
    tokens = next((e.input_tokens for e in events if isinstance(e, UsageEvent)), 0)
    found = vectors(call.document["input"], events)
    return {"model": call.model, "embeddings": found, "prompt_eval_count": tokens}


def _joined(last: dict[str, Json], objects: list[dict[str, Json]]) -> dict[str, Json]:
    """The last object, with the texts and tool calls of the others added."""
    texts: dict[str, str] = {}
    for line in objects:
        # /api/chat has the text in a message, /api/generate at the top.
        message = line.get("message") or line
        for name in ("content", "response", "thinking"):
            texts[name] = texts.get(name, "") + message.get(name, "")
        if message.get("tool_calls"):
            last["message"]["tool_calls"] = message["tool_calls"]
    target = last.get("message", last)
    target |= {name: text for name, text in texts.items() if text}
    return last
