"""Documents of OpenAI-compatible servers become the neutral events of a reply.

A streamed chunk and a whole reply hold the same things under ``delta`` and ``message``, so one function reads
both. What it does not know becomes ``Unknown`` leaves, which are scanned and never restored; log probabilities,
which would spell masked text again, are dropped.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from gateway.errors import UpstreamFailed
from gateway.types import (
    Event,
    Finish,
    Json,
    Path,
    ReasoningDelta,
    RefusalDelta,
    Start,
    TextDelta,
    ToolDelta,
    Unknown,
    UsageEvent,
)

_REASONING = ("reasoning_content", "reasoning")
_KNOWN = frozenset({"role", "content", "refusal", "tool_calls", "function_call", *_REASONING})


class EventReader:
    """Reads the documents of one reply in order."""

    def __init__(self) -> None:
        self._started = False
        self._open: set[int] = set()

    @property
    def finished(self) -> bool:
        """Whether every choice that began has ended."""
        return self._started and not self._open

    def read(self, data: bytes, key: str) -> list[Event]:
        """The events of one document.

        Args:
            data: a chunk or a whole reply.
            key: where a choice says something: ``delta`` in a chunk, ``message`` in a whole reply.

        Raises:
            UpstreamFailed: it is no such document.
        """
        document = _object(data)
        if "error" in document or document.get("object") == "error":
            raise UpstreamFailed("The model server reported an error.", fallback=True)
        try:
            return list(self._events(document, key))
        except (KeyError, TypeError, ValueError, AttributeError):
            raise _malformed() from None

    def _events(self, document: dict[str, Any], key: str) -> Iterator[Event]:
        if not self._started:
            self._started = True
            yield _start(document)
        for choice in _list(document["choices"]):
            index = _integer(choice.get("index", 0))
            self._open.add(index)
            yield from _spoken(index, choice.get(key) or {})
            reason = choice.get("finish_reason")
            if reason is not None:
                self._open.discard(index)
                yield Finish(choice=index, reason=_word(reason))
        if isinstance(document.get("usage"), dict):
            yield _usage(document["usage"])


def _object(data: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise _malformed() from None
    if not isinstance(document, dict):
        raise _malformed()
    return document


def _malformed() -> UpstreamFailed:
    return UpstreamFailed("The model server sent something that is no reply.", fallback=True)


def _start(document: Mapping[str, Any]) -> Start:
    fingerprint = document.get("system_fingerprint")
    return Start(
        id=_word(document.get("id") or ""),
        model=_word(document.get("model") or ""),
        created=_integer(document.get("created") or 0),
        fingerprint=None if fingerprint is None else _word(fingerprint),
    )


def _spoken(choice: int, said: Mapping[str, Json]) -> Iterator[Event]:
    for name in _REASONING:
        if said.get(name):
            yield ReasoningDelta(choice=choice, text=_text(said[name]), field_name=name)
    if said.get("content"):
        yield TextDelta(choice=choice, text=_text(said["content"]))
    if said.get("refusal"):
        yield RefusalDelta(choice=choice, text=_text(said["refusal"]))
    for part, call in enumerate(said.get("tool_calls") or ()):
        yield _tool(choice, part, call)
    for name, value in said.items():
        if name not in _KNOWN:
            yield from _unknown(choice, (name,), value)
    if said.get("function_call"):
        yield from _unknown(choice, ("function_call",), said["function_call"])


def _tool(choice: int, part: int, call: Mapping[str, Any]) -> ToolDelta:
    function = call.get("function") or {}
    call_id, name = call.get("id"), function.get("name")
    return ToolDelta(
        choice=choice,
        part=_integer(call.get("index", part)),
        call_id=None if call_id is None else _word(call_id),
        name=None if name is None else _text(name),
        text=_text(function.get("arguments") or ""),
    )


def _unknown(choice: int, path: Path, value: Json) -> Iterator[Event]:
    """Every string and number below ``value``; without recursion, since an upstream chooses the depth."""
    pending = [(path, value)]
    while pending:
        place, node = pending.pop()
        if isinstance(node, dict):
            pending += [((*place, key), inner) for key, inner in reversed(node.items())]
        elif isinstance(node, list):
            pending += [((*place, i), inner) for i, inner in reversed(list(enumerate(node)))]
        elif isinstance(node, str):
            yield Unknown(choice=choice, path=place, text=node)
        elif isinstance(node, int | float) and not isinstance(node, bool):
            yield Unknown(choice=choice, path=place, text=orjson.dumps(node).decode())


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


def _word(value: Json) -> str:
    """An id or a word of the protocol: short, printable ASCII, or the reply is refused."""
    if not (
        isinstance(value, str) and len(value) <= 256 and value.isascii() and value.isprintable()
    ):
        raise ValueError("an identifier was expected")
    return value
