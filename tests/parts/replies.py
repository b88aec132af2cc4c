"""Replies of a scripted upstream, without the network and without a gateway around them."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from gateway.detect.base import Span
from gateway.detect.scan.lists import DetectionLists
from gateway.dialects.base import Dialect
from gateway.dialects.openai.chat import OpenAIChat
from gateway.exchange import ReplyStats
from gateway.policy.decide.permit import clear
from gateway.quota.meter import Meter
from gateway.redact.vault import RequestVault
from gateway.respond import OpenReply, Reply
from gateway.text.segment_texts import SegmentTexts
from gateway.types import (
    Event,
    Finish,
    MaskedCall,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolDelta,
    UnknownField,
)
from tests.parts.samples import decision, deployment, principal
from tests.redact.samples import call

START = Start(id="c1", model="upstream-model", created=1)
VALUE = "kenji.tanaka@example.co.jp"


class WholeScanner:
    """Finds one word in a whole reply, as the detectors would."""

    async def scan_text(
        self, text: str, tenant: str, app: str, lists: DetectionLists
    ) -> tuple[Span, ...]:
        at = text.find("Yamada")
        if at < 0:
            return ()
        return (Span(start=at, end=at + 6, entity="PERSON", score=1.0, detector="test"),)


class Slot:
    """A lease that notes how it ended."""

    def __init__(self) -> None:
        self.ends: list[object] = []

    def succeeded(self) -> None:
        self.ends.append("succeeded")

    def end(self, error: BaseException | None) -> None:
        self.ends.append(error)


class Upstream:
    """A reply in batches of one event; it ends with ``error``, and notes that it was closed."""

    def __init__(
        self, events: Sequence[Event], error: Exception | None = None, pause: float = 0.0
    ) -> None:
        self.closed = False
        self.sent = 0
        self._events = events
        self._error = error
        self._pause = pause

    async def send(self) -> AsyncGenerator[Sequence[Event], None]:
        try:
            for event in self._events:
                await asyncio.sleep(self._pause)
                self.sent += 1
                yield [event]
            if self._error is not None:
                raise self._error
        finally:
            self.closed = True


def reply(
    events: Sequence[Event] | Upstream,
    request: RequestVault,
    *,
    tools: frozenset[str] = frozenset(),
    dialect: Dialect | None = None,
    stream: bool = True,
    slot: Slot | None = None,
    meter: Meter | None = None,
    collector: Any = None,
    **verdict: Any,
) -> Reply:
    upstream = events if isinstance(events, Upstream) else Upstream(events)
    masked = MaskedCall(
        dialect="openai",
        operation="chat.completions",
        model="m",
        stream=True,
        document={},
        neutral={},
        redactions={},
    )
    cleared = clear(
        call=masked,
        vault=request,
        decision=decision({"r1-a": True}, **verdict),
        deployment=deployment(),
    )
    open_reply = OpenReply(
        first=[START],
        rest=upstream.send(),
        lease=slot or Slot(),
        principal=principal(),
        call=replace(call(f"I am {VALUE}"), tools=tools, stream=stream),
        cleared=cleared,
        texts=SegmentTexts(call(f"I am {VALUE}").segments),
        meter=meter,
        collector=collector,
    )
    scanner: Any = WholeScanner()
    return Reply(open_reply, scanner, dialect or OpenAIChat())


async def flat(read: Reply) -> AsyncGenerator[Event, None]:
    while (batch := await read.pull()) is not None:
        for event in batch:
            yield event


async def said(
    events: Sequence[Event], request: RequestVault, **options: Any
) -> tuple[dict[str, str], ReplyStats]:
    """The text of each kind of event, joined, and what was counted."""
    read = reply(events, request, **options)
    texts: dict[str, str] = {}
    async with read:
        async for event in flat(read):
            if isinstance(event, TextDelta | ReasoningDelta | ToolDelta | UnknownField):
                name = type(event).__name__
                texts[name] = texts.get(name, "") + event.text
    return texts, read.stats()


def deltas(text: str, cuts: Sequence[int] = ()) -> list[Event]:
    edges = [0, *sorted(min(c, len(text)) for c in cuts), len(text)]
    pieces = [text[a:b] for a, b in pairwise(edges)]
    return [*(TextDelta(choice=0, text=p) for p in pieces), Finish(choice=0, reason="stop")]
