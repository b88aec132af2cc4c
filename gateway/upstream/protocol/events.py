"""Reads documents of OpenAI-compatible servers as the neutral events of a reply.

Streamed chunks and whole replies hold the same fields under ``delta`` and ``message``, so one function reads both. Unknown fields
become ``UnknownField`` events, which are scanned and never restored. Log probabilities are dropped: they repeat the text token by
token.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from gateway.errors import UpstreamFailed
from gateway.types import (
    Embedding,
    Event,
    Finish,
    Form,
    Json,
    Path,
    ReasoningDelta,
    RefusalDelta,
    Start,
    TextDelta,
    ToolDelta,
    UnknownField,
    UsageEvent,
)
from gateway.upstream.protocol.chunk_templates import ChunkTemplateCache
from gateway.upstream.protocol.failures import error_from_body
from gateway.upstream.protocol.routers import check_provider_claim

_REASONING = ("reasoning_content", "reasoning")
_IGNORED_FIELDS = frozenset({"role", *_REASONING})


class EventReader:
    """Reads the documents of one reply in order.

    Args:
        form: the operation whose reply is read.
        providers: the only providers that a router may have used; an empty list disables the check.
    """

    def __init__(self, form: Form = "chat.completions", providers: Sequence[str] = ()) -> None:
        self._form = form
        self._providers = providers
        self._started = False
        self._unfinished: set[int] = set()
        self._templates = ChunkTemplateCache(self._read)

    @property
    def finished(self) -> bool:
        """Whether every choice that began has ended."""
        return self._started and not self._unfinished

    def read(self, data: bytes, key: str) -> list[Event]:
        """The events of one document.

        Args:
            data: a chunk or a whole reply.
            key: the field of a choice with its content: ``delta`` in a chunk, ``message`` in a whole reply.

        Raises:
            UpstreamFailed: the document is malformed, or reports an error.
            AddressRefused: a router reports a provider that is not allowed.
        """
        if (text := self._templates.text(data)) is not None:
            self._unfinished.add(text.choice)
            return [text]
        events = self._read(data, key)
        self._templates.add(data, key, events)
        return events

    def _read(self, data: bytes, key: str) -> list[Event]:
        return self.read_document(decoded(data), key)

    def read_document(self, document: dict[str, Any], key: str) -> list[Event]:
        """As :meth:`read`, for a document that is already decoded."""
        if document.get("error") is not None or document.get("object") == "error":
            raise error_from_body(document.get("error") or document)
        if self._providers:
            check_provider_claim(document.get("provider"), self._providers)
        try:
            return self._events(document, key)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise malformed() from None

    def _events(self, document: dict[str, Any], key: str) -> list[Event]:
        events: list[Event] = []
        if not self._started:
            self._started = True
            events.append(_start(document))
        if self._form == "embeddings":
            events += map(_embedding, document["data"])
        else:
            self._choices(document["choices"], key, events)
        if isinstance(document.get("usage"), dict):
            events.append(_usage(document["usage"]))
        return events

    def _choices(self, choices: list[Any], key: str, events: list[Event]) -> None:
        for choice in _list(choices):
            index = _integer(choice.get("index", 0))
            self._unfinished.add(index)
            if self._form == "completions":
                _completion_events(index, choice, events)
            else:
                _message_events(index, choice.get(key) or {}, events)
            reason = choice.get("finish_reason")
            if reason is not None:
                self._unfinished.discard(index)
                events.append(Finish(choice=index, reason=_identifier(reason)))


def decoded(data: bytes) -> dict[str, Any]:
    """A reply, or a chunk of one, as a JSON object.

    Raises:
        UpstreamFailed: it is not a JSON object.
    """
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise malformed() from None
    if not isinstance(document, dict):
        raise malformed()
    return document


def malformed() -> UpstreamFailed:
    """The error for a reply that can't be read."""
    return UpstreamFailed("The model server sent a malformed reply.", fallback=True)


def _start(document: Mapping[str, Any]) -> Start:
    fingerprint = document.get("system_fingerprint")
    return Start(
        id=_identifier(document.get("id") or ""),
        model=_identifier(document.get("model") or ""),
        created=_integer(document.get("created") or 0),
        fingerprint=None if fingerprint is None else _identifier(fingerprint),
    )


def _message_events(choice: int, message: Mapping[str, Any], events: list[Event]) -> None:
    events += [
        ReasoningDelta(choice=choice, text=_text(message[name]), field_name=name)
        for name in _REASONING
        if message.get(name)
    ]
    for name, value in message.items():
        if name == "content":
            if value:
                events.append(TextDelta(choice=choice, text=_text(value)))
        elif name in _IGNORED_FIELDS or value is None or value == "":
            continue
        elif name == "refusal":
            events.append(RefusalDelta(choice=choice, text=_text(value)))
        elif name == "tool_calls":
            events += [_tool(choice, part, call) for part, call in enumerate(_list(value))]
        else:
            events += _unknown(choice, (name,), value)


def _completion_events(choice: int, message: Mapping[str, Any], events: list[Event]) -> None:
    """The text of a choice of ``/completions``; its log probabilities are dropped."""
    if message.get("text"):
        events.append(TextDelta(choice=choice, text=_text(message["text"])))


def _embedding(row: Mapping[str, Any]) -> Embedding:
    """A vector of numbers. Base64, which was not requested, is refused: it would pass unscanned."""
    vector = row["embedding"]
    if type(vector) is not list or not {type(value) for value in vector} <= {float, int}:
        raise TypeError("a vector of numbers was expected")
    return Embedding(choice=_integer(row.get("index", 0)), vector=tuple(map(float, vector)))


def _tool(choice: int, part: int, call: Mapping[str, Any]) -> ToolDelta:
    function = call.get("function") or {}
    call_id, name = call.get("id"), function.get("name")
    return ToolDelta(
        choice=choice,
        part=_integer(call.get("index", part)),
        call_id=None if call_id is None else _identifier(call_id),
        name=None if name is None else _text(name),
        text=_text(function.get("arguments") or ""),
    )


def _unknown(choice: int, path: Path, value: Json) -> Iterator[Event]:
    """Every string and number below ``value``. Without recursion, since the upstream chooses the depth."""
    pending = [(path, value)]
    while pending:
        path, node = pending.pop()
        if isinstance(node, dict):
            pending += [((*path, key), inner) for key, inner in reversed(node.items())]
        elif isinstance(node, list):
            pending += [((*path, i), inner) for i, inner in reversed(list(enumerate(node)))]
        elif isinstance(node, str):
            yield UnknownField(choice=choice, path=path, text=node)
        elif isinstance(node, int | float) and not isinstance(node, bool):
            text = orjson.dumps(node).decode()
            yield UnknownField(choice=choice, path=path, text=text, number=True)


def _usage(usage: Mapping[str, Any]) -> UsageEvent:
    return UsageEvent(
        input_tokens=_integer(usage.get("prompt_tokens") or 0),
        output_tokens=_integer(usage.get("completion_tokens") or 0),
        details={
            name: {k: v for k, v in inner.items() if isinstance(v, int)}
            for name, inner in usage.items()
            if name.endswith("_details") and isinstance(inner, dict)
        },
    )


def _list(value: Json) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("a list was expected")
    return value


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError("text was expected")
    return value


def _integer(value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("a number was expected")
    return int(value)


def _identifier(value: Json) -> str:
    """An id or a constant of the protocol: short printable ASCII, since it is passed on without a scan."""
    if not (
        isinstance(value, str) and len(value) <= 256 and value.isascii() and value.isprintable()
    ):
        raise ValueError("an identifier was expected")
    return value
