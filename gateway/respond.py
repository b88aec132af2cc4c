"""The story of a reply: segment ▸ scan ▸ treat ▸ restore ▸ frame.

A reply is a number of channels: the text, refusal, reasoning and tool arguments of each choice. Each has a
segmenter (what may be looked at now), a scan before anything is restored, a treatment of what the
model invented, and a restorer that puts the caller's own values back. None of them sees how the
upstream cut the text.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Self, TypeAlias

from gateway.detect.base import Span
from gateway.detect.lists import NO_LISTS, Lists
from gateway.detect.scanner import Scanner
from gateway.detect.segmenter import PatternSegmenter, Segmenter, Unit, WholeSegmenter, scan_unit
from gateway.dialects.base import Dialect, Framer
from gateway.errors import SekishoError
from gateway.exchange import Exchange
from gateway.quota.concurrency import Reservation
from gateway.recorder import Recorder
from gateway.redact.jsonstate import JsonState
from gateway.redact.reply import RequestIndex, treat
from gateway.redact.restore import Restorer, hosts_in
from gateway.types import (
    Call,
    Cleared,
    Event,
    Finish,
    ReasoningDelta,
    RefusalDelta,
    Start,
    TextDelta,
    ToolDelta,
    Unknown,
    UsageEvent,
    Verdict,
)

_KEEP_ALIVE_SECONDS = 10.0


class _End:
    """Marks the end of the events."""


_END = _End()

_Spoken: TypeAlias = TextDelta | RefusalDelta | ReasoningDelta | ToolDelta | Unknown
_Key: TypeAlias = tuple[int, type[_Spoken], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An upstream that has begun to answer: nothing is retried from here on."""

    first: Event
    rest: AsyncGenerator[Event, None]
    call: Call
    cleared: Cleared
    lists: Lists = NO_LISTS
    """What the revision that decided says of findings."""

    @property
    def verdict(self) -> Verdict:
        """What policy said of the deployment that answers."""
        return self.cleared.decision.candidates[self.cleared.deployment.name]


class _Channel:
    """One stream of text within a reply."""

    def __init__(
        self, *, template: _Spoken, segmenter: Segmenter, restorer: Restorer | None, silent: bool
    ) -> None:
        self.template = template
        self.segmenter = segmenter
        self.restorer = restorer
        self.silent = silent
        self.json = JsonState() if isinstance(template, ToolDelta) else None


class Reply:
    """Turns an upstream's events into events that the caller may see.

    Args:
        opened: the upstream's answer.
        exchange: the ledger; usage, model, restored and invented counts are written here.
        scanner: scans whole replies with every detector.
    """

    def __init__(self, opened: Opened, exchange: Exchange, scanner: Scanner) -> None:
        self.exchange = exchange
        self._opened = opened
        self._scanner = scanner
        self.call = opened.call
        self._verdict = opened.verdict
        self.holds_back = self._verdict.output_depth == "whole" or self._verdict.reasoning == "drop"
        self._index = RequestIndex(opened.call.segments)
        self._channels: dict[_Key, _Channel] = {}
        self._hosts: frozenset[str] | None = None
        self.events = self._read()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop reading, and the upstream call with it, at once."""
        await self.events.aclose()
        await self._opened.rest.aclose()

    async def _read(self) -> AsyncGenerator[Event, None]:
        """Events in order, with every text scanned and restored.

        Raises:
            UpstreamError: the upstream broke off.
            DetectorUnavailable: the scan broke; nothing more may be framed.
            ContentBlocked: the model invented what policy blocks.
        """
        try:
            async for event in self._timed():
                for safe in await self._safe(event):
                    yield safe
            for safe in await self._flush(None):
                yield safe
        finally:
            self._count()

    async def _timed(self) -> AsyncGenerator[Event, None]:
        yield self._opened.first
        while True:
            began = time.perf_counter()
            try:
                event = await anext(self._opened.rest)
            except StopAsyncIteration:
                return
            finally:
                self.exchange.upstream_seconds += time.perf_counter() - began
            yield event

    async def _safe(self, event: Event) -> list[Event]:
        match event:
            case Start():
                self.exchange.reply_model = event.model
                return [event]
            case UsageEvent():
                self.exchange.usage = event
                return [event]
            case Finish():
                return [*await self._flush(event.choice), event]
            case _:
                return await self._speak(event)

    async def _speak(self, event: _Spoken) -> list[Event]:
        channel = self._channel(event)
        spoken: list[Event] = []
        if isinstance(event, ToolDelta) and event.name is not None:
            spoken.append(replace(event, name=await self._name(event.name), text=""))
        text = await self._pass(channel, channel.segmenter.feed(event.text))
        if text and not channel.silent:
            spoken.append(_with_text(channel.template, text))
        return spoken

    async def _flush(self, choice: int | None) -> list[Event]:
        """What the channels of a choice (of all, when ``None``) still hold."""
        held: list[Event] = []
        for key, channel in self._channels.items():
            if choice is not None and key[0] != choice:
                continue
            text = await self._pass(channel, channel.segmenter.flush())
            if channel.restorer is not None:
                text += channel.restorer.flush()
            if text and not channel.silent:
                held.append(_with_text(channel.template, text))
        return held

    async def _pass(self, channel: _Channel, units: list[Unit]) -> str:
        passed = []
        for unit in units:
            text = await self._treated(unit, channel.json)
            passed.append(text if channel.restorer is None else channel.restorer.feed(text))
        return "".join(passed)

    async def _treated(self, unit: Unit, json: JsonState | None) -> str:
        spans = await self._spans(unit)
        treated = treat(
            unit.text,
            spans,
            index=self._index,
            vault=self._opened.cleared.vault,
            treatment=self._verdict.output_treatment,
            json=json,
        )
        for entity, count in treated.invented.items():
            self.exchange.invented[entity] = self.exchange.invented.get(entity, 0) + count
        return treated.text

    async def _spans(self, unit: Unit) -> tuple[Span, ...]:
        if not unit.scan:
            return ()
        if self._verdict.output_depth == "patterns":
            return scan_unit(unit)
        principal = self.exchange.principal
        tenant, app = (principal.tenant, principal.app) if principal else ("", "")
        return await self._scanner.scan_text(unit.text, tenant, app, self._opened.lists)

    async def _name(self, name: str) -> str:
        """A tool's name as the model wrote it: the caller's own pass, others are scanned whole."""
        if name in self._opened.call.tools:
            return name
        return await self._treated(Unit(text=name, scan=True, context=""), None)

    def _channel(self, event: _Spoken) -> _Channel:
        key = (event.choice, type(event), _part(event))
        if key not in self._channels:
            dropped = isinstance(event, ReasoningDelta) and self._verdict.reasoning == "drop"
            self._channels[key] = _Channel(
                template=event,
                segmenter=self._segmenter(),
                restorer=self._restorer(event),
                silent=dropped,
            )
        return self._channels[key]

    def _segmenter(self) -> Segmenter:
        return WholeSegmenter() if self._verdict.output_depth == "whole" else PatternSegmenter()

    def _restorer(self, event: _Spoken) -> Restorer | None:
        """Where values are put back: never in unknown places, nor for tools the caller did not declare."""
        vault = self._opened.cleared.vault
        match event:
            case ToolDelta():
                declared = event.name in self._opened.call.tools
                return Restorer(vault, escape=True, hosts=None) if declared else None
            case ReasoningDelta() if self._verdict.reasoning != "pass":
                return None
            case Unknown():
                return None
            case _:
                return Restorer(vault, escape=False, hosts=self._request_hosts())

    def _request_hosts(self) -> frozenset[str]:
        if self._hosts is None:
            self._hosts = hosts_in(segment.text for segment in self._opened.call.segments)
        return self._hosts

    def _count(self) -> None:
        restorers = [c.restorer for c in self._channels.values() if c.restorer is not None]
        self.exchange.restored = sum(restorer.restored for restorer in restorers)
        self.exchange.unrestored = sum(restorer.unrestored for restorer in restorers)


def _part(event: _Spoken) -> object:
    match event:
        case ToolDelta():
            return event.part
        case Unknown():
            return event.path
        case _:
            return None


def _with_text(template: _Spoken, text: str) -> _Spoken:
    if isinstance(template, ToolDelta):
        return replace(template, text=text, name=None, call_id=None)
    return replace(template, text=text)


async def document(reply: Reply, dialect: Dialect, recorder: Recorder) -> bytes:
    """A whole reply, given out once its outcome is durable.

    Raises:
        SekishoError: the upstream, the scan or the audit log failed: nothing of the reply is shown.
    """
    async with reply:
        events = [event async for event in reply.events]
    body = dialect.assemble(reply.call, events)
    await recorder.served(reply.exchange)
    return body


async def frames(
    reply: Reply, framer: Framer, recorder: Recorder, reservation: Reservation
) -> AsyncGenerator[bytes, None]:
    """A streamed reply, frame by frame; the last one only once the outcome is durable.

    A failure ends the stream with the dialect's error frame and nothing after it.
    """
    ended = False
    try:
        async with reply, aclosing(_ready(reply, framer)) as ready:
            async for frame in ready:
                yield frame
        await recorder.served(reply.exchange)
        ended = True
        yield framer.done()
    except SekishoError as error:
        ended = True
        shown = await recorder.failed(reply.exchange, error)
        yield framer.error(shown, reply.exchange.request_id)
    except Exception as error:  # noqa: BLE001  # the stage boundary: an unknown fault ends the reply
        ended = True
        shown = await recorder.failed(reply.exchange, recorder.fault(error))
        yield framer.error(shown, reply.exchange.request_id)
    finally:
        reservation.settle()
        if not ended:
            recorder.disconnected(reply.exchange)


async def _ready(reply: Reply, framer: Framer) -> AsyncGenerator[bytes, None]:
    events = _ticking(reply.events) if reply.holds_back else reply.events
    async with aclosing(events) as ticking:
        async for event in ticking:
            frame = framer.comment() if event is None else framer.feed(event)
            if frame:
                yield frame


async def _ticking(events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event | None, None]:
    """The events, with ``None`` whenever none came for a while, so that nobody gives up waiting."""
    pending = asyncio.ensure_future(anext(events, _END))
    try:
        while True:
            done, _ = await asyncio.wait({pending}, timeout=_KEEP_ALIVE_SECONDS)
            if not done:
                yield None
                continue
            event = pending.result()
            if isinstance(event, _End):
                return
            yield event
            pending = asyncio.ensure_future(anext(events, _END))
    finally:
        pending.cancel()
        await asyncio.wait({pending})
