"""Reads documents of OpenAI-compatible servers as the neutral events of a reply.

Streamed chunks and whole replies hold the same fields under ``delta`` and ``message``, so one function reads both. Unknown fields
become ``UnknownField`` events, which are scanned and never restored. Log probabilities are dropped: they repeat the text token by
token.
"""

from collections.abc import Callable, Iterator, Mapping
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
)
from gateway.upstream.protocol.chunk_templates import ChunkTemplateCache
from gateway.upstream.protocol.failures import error_from_body
from gateway.upstream.protocol.limits import ReplyLimits, index
from gateway.upstream.protocol.usage import usage_event

_REASONING = ("reasoning_content", "reasoning")
_IGNORED_FIELDS = frozenset({"role", *_REASONING})
_LATEST = 2**53 - 1
"""Largest integer that every JSON reader holds exactly."""


class EventReader:
    """Reads the documents of one reply in order.

    Args:
        form: the operation whose reply is read.
        check_claim: checks the provider that a router reports in each document; raises to refuse the reply.
    """

    def __init__(
        self, form: Form = "chat.completions", check_claim: Callable[[Json], None] | None = None
    ) -> None:
        self._form = form
        self._check_claim = check_claim
        self._started = False
        self._unfinished: set[int] = set()
        self._limits = ReplyLimits()
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
        if self._check_claim is not None:
            self._check_claim(document.get("provider"))
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
            events.append(usage_event(document["usage"]))
        return events

    def _choices(self, choices: list[Any], key: str, events: list[Event]) -> None:
        for choice in _list(choices):
            number = index(choice.get("index", 0))
            self._limits.choice(number)
            self._unfinished.add(number)
            if self._form == "completions":
                _completion_events(number, choice, events)
            else:
                _message_events(number, choice.get(key) or {}, events, self._limits)
            reason = choice.get("finish_reason")
            if reason is not None:
                self._unfinished.discard(number)
                events.append(Finish(choice=number, reason=_identifier(reason)))


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
        created=_seconds(document.get("created") or 0),
        fingerprint=None if fingerprint is None else _identifier(fingerprint),
    )


def _message_events(
    choice: int, message: Mapping[str, Any], events: list[Event], limits: ReplyLimits
) -> None:
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
            events += [_tool(choice, part, call, limits) for part, call in enumerate(_list(value))]
        else:
            events += _unknown(choice, name, value, limits)


def _completion_events(choice: int, message: Mapping[str, Any], events: list[Event]) -> None:
    """The text of a choice of ``/completions``; its log probabilities are dropped."""
    if message.get("text"):
        events.append(TextDelta(choice=choice, text=_text(message["text"])))


def _embedding(row: Mapping[str, Any]) -> Embedding:
    """A vector of numbers. Base64, which was not requested, is refused: it would pass unscanned."""
    vector = row["embedding"]
    if type(vector) is not list or not {type(value) for value in vector} <= {float, int}:
        raise TypeError("a vector of numbers was expected")
    return Embedding(choice=index(row.get("index", 0)), vector=tuple(map(float, vector)))


def _tool(choice: int, place: int, call: Mapping[str, Any], limits: ReplyLimits) -> ToolDelta:
    function = call.get("function") or {}
    call_id, name = call.get("id"), function.get("name")
    part = index(call.get("index", place))
    limits.tool_call(choice, part)
    return ToolDelta(
        choice=choice,
        part=part,
        call_id=None if call_id is None else _identifier(call_id),
        name=None if name is None else _text(name),
        text=_text(function.get("arguments") or ""),
    )


def _unknown(choice: int, name: str, value: Json, limits: ReplyLimits) -> Iterator[Event]:
    """Every string and number below ``value``. Without recursion, since the upstream chooses the depth."""
    pending: list[tuple[Path, Json]] = [((name,), value)]
    seen = 1
    limits.values(seen, (), [name])
    while pending:
        path, node = pending.pop()
        if isinstance(node, dict | list):
            seen += len(node)
            # Before the members are listed: they may be very many.
            limits.values(seen, (*path, ""), list(node) if isinstance(node, dict) else ())
            members = node.items() if isinstance(node, dict) else enumerate(node)
            pending += [((*path, step), inner) for step, inner in members][::-1]
        elif isinstance(node, str | int | float) and not isinstance(node, bool):
            limits.unknown(choice, path)
            text = node if isinstance(node, str) else orjson.dumps(node).decode()
            yield UnknownField(
                choice=choice, path=path, text=text, number=not isinstance(node, str)
            )


def _list(value: Json) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("a list was expected")
    return value


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError("text was expected")
    return value


def _seconds(value: Json) -> int:
    """A time since the epoch; some servers send fractions."""
    if type(value) not in (int, float) or not 0 <= value <= _LATEST:
        raise TypeError("a time was expected")
    return int(value)


def _identifier(value: Json) -> str:
    """An id or a constant of the protocol: short printable ASCII, since it is passed on without a scan."""
    if not (
        isinstance(value, str) and len(value) <= 256 and value.isascii() and value.isprintable()
    ):
        raise ValueError("an identifier was expected")
    return value
