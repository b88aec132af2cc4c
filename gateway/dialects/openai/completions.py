"""The OpenAI completions API, ``/v1/completions``: a prompt is continued, without a chat template.

Source: the types of openai-python 3.52 (``completion_create_params``).
"""

from collections.abc import Mapping, Sequence
from typing import Final

import orjson

from gateway.dialects.base import Framer
from gateway.dialects.core.fields import TOKENS
from gateway.dialects.core.openai_dialect import OpenAIDialect
from gateway.dialects.core.parameters import SAMPLING
from gateway.dialects.core.rebuild import replace_segments
from gateway.dialects.core.refused_names import refuse_routing
from gateway.dialects.core.reply import KEEP_ALIVE, data_frame, error_frame
from gateway.dialects.core.shapes import Shape, boolean, integer, text, unsupported
from gateway.dialects.core.walker import read
from gateway.dialects.openai.fields import NOT_SERVED, STANDARD, only_default, streams
from gateway.dialects.openai.frames import last_frames
from gateway.dialects.openai.reply import common_fields, usage_document
from gateway.errors import SekishoError, UnsupportedField, UpstreamFailed
from gateway.types import Call, Event, Finish, Json, MaskedCall, Start, TextDelta, UsageEvent

_SET_BY_GATEWAY: Final = frozenset({"model", "stream", "stream_options"})

_CHAT_ONLY: Final = frozenset(
    "messages max_completion_tokens parallel_tool_calls metadata prediction reasoning_effort "
    "verbosity modalities".split()
)

PROMPT: Final = Shape(
    expected="a string or an array of strings",
    kinds=frozenset({str, list}),
    items=Shape(
        expected="a string: token ids can't be scanned, so send text",
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
        **{name: shape for name, shape in STANDARD.items() if name not in _CHAT_ONLY},
        **SAMPLING,
        "prompt": PROMPT,
        "suffix": text(origin="user"),
        "max_tokens": TOKENS,
        "echo": boolean(),
        "best_of": integer(1, 128),
        "logprobs": only_default(
            "null: log probabilities would spell out text that was masked", None
        ),
        "prompt_token_ids": NOT_SERVED["prompt_token_ids"],
        "messages": unsupported("this route accepts `prompt`"),
    },
    required=("model", "prompt"),
    refuse_key=refuse_routing,
)
"""A completions request."""


class OpenAICompletions(OpenAIDialect):
    """OpenAI's completions. The masked document without the model is a neutral form of its own."""

    operations: Final = ("completions",)

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
            tools=frozenset(),
            modalities=frozenset({"text"}),
            max_output_tokens=document.get("max_tokens"),
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
            neutral={
                name: value for name, value in document.items() if name not in _SET_BY_GATEWAY
            },
            form="completions",
            redactions=dict(redactions),
        )

    def framer(self, call: Call) -> "CompletionFramer":
        """A framer for a streamed reply, as ``text_completion`` objects."""
        return CompletionFramer(call)

    def assemble(self, call: Call, events: Sequence[Event]) -> bytes:
        """The reply as a ``text_completion`` object.

        Raises:
            UpstreamFailed: the events are not a complete reply.
        """
        start = next((event for event in events if isinstance(event, Start)), None)
        texts: dict[int, str] = {}
        reasons: dict[int, str] = {}
        usage: UsageEvent | None = None
        for event in events:
            match event:
                case TextDelta():
                    texts[event.choice] = texts.get(event.choice, "") + event.text
                case Finish():
                    reasons[event.choice] = event.reason
                case UsageEvent():
                    usage = event
        # A choice may end without text, but text without an end is a cut reply.
        if start is None or not reasons.keys() >= texts.keys():
            raise UpstreamFailed("The model server's reply is incomplete.", fallback=False)
        reply = common_fields(call, start, "text_completion")
        reply["choices"] = [
            _choice(index, texts.get(index, ""), reasons[index]) for index in sorted(reasons)
        ]
        if usage is not None:
            reply["usage"] = usage_document(usage)
        return orjson.dumps(reply)


class CompletionFramer(Framer):
    """Frames one streamed completion; choices may be interleaved."""

    media_type: Final = "text/event-stream; charset=utf-8"

    def __init__(self, call: Call) -> None:
        self._call = call
        options = call.document.get("stream_options") or {}
        self._counts = options.get("include_usage") is True
        self._common: dict[str, Json] = {}
        self._usage: UsageEvent | None = None

    def feed(self, event: Event) -> bytes:
        """The frames that an event makes."""
        match event:
            case Start():
                self._common = common_fields(self._call, event, "text_completion")
            case UsageEvent():
                self._usage = event
            case TextDelta():
                return self._chunk([_choice(event.choice, event.text, None)])
            case Finish():
                return self._chunk([_choice(event.choice, "", event.reason)])
        return b""

    def comment(self) -> bytes:
        """A comment line, which clients of event streams ignore."""
        return KEEP_ALIVE

    def error(self, error: SekishoError, request_id: str) -> bytes:
        """An ``error`` event: SDKs raise it, and no ``[DONE]`` follows."""
        return error_frame(error, request_id)

    def done(self) -> bytes:
        """The token counts, if the caller requested them, and ``[DONE]``."""
        return last_frames(self._common, self._usage if self._counts else None)

    def _chunk(self, choices: list[Json]) -> bytes:
        return data_frame({**self._common, "choices": choices})


def _choice(index: int, text: str, reason: str | None) -> dict[str, Json]:
    return {"index": index, "text": text, "logprobs": None, "finish_reason": reason}
