"""The story of a reply: segment ▸ scan ▸ treat ▸ restore ▸ frame.

A reply is a number of channels: the text, refusal, reasoning and tool arguments of each choice. Each has a
segmenter (what may be looked at now), a scan before anything is restored, a treatment of what the model
invented, and a restorer that puts the caller's own values back, however the upstream cut the text.
"""

import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from typing import Self, TypeAlias

from gateway.detect.base import Span
from gateway.detect.scan.lists import NO_LISTS, DetectionLists
from gateway.detect.scan.scanner import Scanner
from gateway.detect.scan.segmenter import (
    PatternSegmenter,
    Segmenter,
    Unit,
    WholeSegmenter,
    scan_unit,
)
from gateway.dialects.base import Dialect
from gateway.exchange import Exchange
from gateway.policy.decide.permit import Cleared
from gateway.redact.generated import JsonStringTracker, RequestIndex, only_replacements, treat
from gateway.redact.reasoning_tags import ThinkSplitter
from gateway.redact.restore import Restorer, hosts_in
from gateway.text.fold import utf8_length
from gateway.types import (
    Call,
    Embedding,
    Event,
    Finish,
    ReasoningDelta,
    RefusalDelta,
    ReplyStored,
    Start,
    TextDelta,
    TextEvent,
    ToolDelta,
    UnknownField,
    UsageEvent,
    Verdict,
)

_Key: TypeAlias = tuple[int, type[TextEvent], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenReply:
    """An upstream that has begun to answer: nothing is retried from here on."""

    first: Sequence[Event]
    rest: AsyncGenerator[Sequence[Event], None]
    call: Call
    cleared: Cleared
    lists: DetectionLists = NO_LISTS
    """What the revision that decided says of findings."""

    @property
    def verdict(self) -> Verdict:
        """What policy said of the deployment that answers."""
        return self.cleared.decision.candidates[self.cleared.deployment.name]


class _Channel:
    """One stream of text within a reply."""

    __slots__ = ("dropped", "json", "restorer", "segmenter", "template")

    def __init__(
        self, *, template: TextEvent, segmenter: Segmenter, restorer: Restorer | None, dropped: bool
    ) -> None:
        self.template = template
        self.segmenter = segmenter
        self.restorer = restorer
        self.dropped = dropped
        self.json = JsonStringTracker() if isinstance(template, ToolDelta) else None


class Reply:
    """Turns an upstream's events into events that the caller may see.

    Args:
        open_reply: the upstream's answer.
        exchange: the ledger; usage, model, restored and invented counts are written here.
        scanner: scans whole replies with every detector.
        dialect: the caller's, which says how replies are laid out.
    """

    def __init__(
        self, open_reply: OpenReply, exchange: Exchange, scanner: Scanner, dialect: Dialect
    ) -> None:
        self.exchange = exchange
        self.call = open_reply.call
        self._opened = open_reply
        self._scanner = scanner
        self._verdict = open_reply.verdict
        self._whole = self._verdict.output_depth == "whole"
        self._ordered = dialect.sequential
        self._strict = self._verdict.reasoning != "pass"
        self._split_reasoning = self._strict or not dialect.inline_reasoning
        self.buffers = self._whole or self._strict
        self._index = RequestIndex(open_reply.call.segments)
        self._channels: dict[_Key, _Channel] = {}
        self._active_channels: dict[int, _Channel] = {}
        self._splitters: dict[int, ThinkSplitter] = {}
        self._hosts: frozenset[str] | None = None
        self.events = self._read()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop reading, and the upstream call with it, at once."""
        await self.events.aclose()
        await self._opened.rest.aclose()

    async def _read(self) -> AsyncGenerator[list[Event], None]:
        """Events in order, as many at a time as came, with every text scanned and restored.

        Raises:
            UpstreamError: the upstream broke off.
            DetectorUnavailable: the scan broke; nothing more may be framed.
            ContentBlocked: the model invented what policy blocks.
        """
        batch: Sequence[Event] | None = self._opened.first
        try:
            while batch is not None:
                safe: list[Event] = []
                for event in batch:
                    await self._handle(event, safe)
                if safe:
                    yield safe
                began = time.perf_counter()
                try:
                    batch = await anext(self._opened.rest, None)
                finally:
                    self.exchange.upstream_seconds += time.perf_counter() - began
            safe = []
            for choice in list(self._splitters):
                await self._split_rest(choice, safe)
            await self._flush(list(self._channels.values()), safe)
            yield safe
        finally:
            self._count()

    async def _handle(self, event: Event, safe: list[Event]) -> None:
        """Add to ``safe`` what may be shown now that ``event`` has come."""
        match event:
            case TextDelta():
                await (
                    self._split(event, safe)
                    if self._split_reasoning
                    else self._process_text(event, safe)
                )
            case Start():
                self.exchange.reply_model = event.model
                safe.append(event)
            case UsageEvent():
                self.exchange.usage = event
                safe.append(event)
            case Finish():
                await self._split_rest(event.choice, safe)
                own = [c for key, c in self._channels.items() if key[0] == event.choice]
                await self._flush(own, safe)
                safe.append(event)
            case Embedding() | ReplyStored():
                safe.append(event)
            case _:
                if isinstance(event, ReasoningDelta) and self._split_reasoning:
                    self._splitter(event.choice).elsewhere()
                await self._process_text(event, safe)

    def _splitter(self, choice: int) -> ThinkSplitter:
        if choice not in self._splitters:
            self._splitters[choice] = ThinkSplitter(strict=self._strict)
        return self._splitters[choice]

    async def _split(self, event: TextDelta, safe: list[Event]) -> None:
        """Text that may hold reasoning: each part goes its own way."""
        for piece in self._splitter(event.choice).feed(event.text):
            await self._process_text(_part_of(event.choice, *piece), safe)

    async def _split_rest(self, choice: int, safe: list[Event]) -> None:
        splitter = self._splitters.get(choice)
        for piece in splitter.flush() if splitter is not None else ():
            await self._process_text(_part_of(choice, *piece), safe)

    async def _process_text(self, event: TextEvent, safe: list[Event]) -> None:
        self.exchange.output_bytes += utf8_length(event.text)
        channel = self._channel(event)
        if self._ordered and self._active_channels.get(event.choice) is not channel:
            before = self._active_channels.get(event.choice)
            self._active_channels[event.choice] = channel
            await self._flush([before] if before is not None else [], safe)
        if isinstance(event, ToolDelta) and event.name is not None:
            safe.append(replace(event, name=await self._name(event.name), text=""))
        units = channel.segmenter.feed(event.text)
        if units:
            self._emit(channel, await self._process_units(channel, units), safe)
        if isinstance(event, UnknownField) and event.number:
            await self._flush([channel], safe)

    async def _flush(self, channels: Sequence[_Channel], safe: list[Event]) -> None:
        """Add what these channels still hold."""
        for channel in channels:
            text = await self._process_units(channel, channel.segmenter.flush())
            if channel.restorer is not None:
                text += channel.restorer.flush()
            self._emit(channel, text, safe)

    def _emit(self, channel: _Channel, text: str, safe: list[Event]) -> None:
        if text and not channel.dropped:
            safe.append(_with_text(channel.template, text))

    async def _process_units(self, channel: _Channel, units: list[Unit]) -> str:
        passed, restorer = "", channel.restorer
        for unit in units:
            text = unit.text
            if unit.scan or channel.json is not None:
                text = await self._treat_unit(unit, channel.json)
            passed += text if restorer is None else restorer.feed(text)
        return passed

    async def _treat_unit(self, unit: Unit, json: JsonStringTracker | None) -> str:
        treated = treat(
            unit.text,
            await self._spans(unit),
            index=self._index,
            vault=self._opened.cleared.vault,
            treatment=self._verdict.output_treatment,
            json=json,
        )
        for entity, count in treated.generated.items():
            self.exchange.generated[entity] = self.exchange.generated.get(entity, 0) + count
        return treated.text

    async def _spans(self, unit: Unit) -> tuple[Span, ...]:
        if not unit.scan:
            return ()
        if not self._whole:
            known = only_replacements(unit.text, self._opened.cleared.vault)
            return () if known else scan_unit(unit)
        principal = self.exchange.principal
        tenant, app = (principal.tenant, principal.app) if principal else ("", "")
        return await self._scanner.scan_text(unit.text, tenant, app, self._opened.lists)

    async def _name(self, name: str) -> str:
        """A tool's name as the model wrote it: the caller's own pass, others are scanned whole."""
        if name in self._opened.call.tools:
            return name
        return await self._treat_unit(Unit(text=name, scan=True, context=""), None)

    def _channel(self, event: TextEvent) -> _Channel:
        key = (event.choice, type(event), _part(event))
        channel = self._channels.get(key)
        if channel is None:
            channel = self._channels[key] = _Channel(
                template=event,
                segmenter=WholeSegmenter() if self._whole else PatternSegmenter(),
                restorer=self._restorer(event),
                dropped=isinstance(event, ReasoningDelta) and self._verdict.reasoning == "drop",
            )
        return channel

    def _restorer(self, event: TextEvent) -> Restorer | None:
        """Where values are put back: never in unknown places, nor for tools the caller did not declare."""
        vault = self._opened.cleared.vault
        match event:
            case ToolDelta():
                declared = event.name in self._opened.call.tools
                return Restorer(vault, escape=True, hosts=None) if declared else None
            case ReasoningDelta() if self._strict:
                return None
            case UnknownField():
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


def _part(event: TextEvent) -> object:
    match event:
        case TextDelta() | RefusalDelta():
            return None
        case ToolDelta():
            return event.part
        case ReasoningDelta():
            return event.field_name
        case UnknownField():
            return event.path


def _part_of(choice: int, reasoning: bool, text: str) -> TextEvent:
    kind = ReasoningDelta if reasoning else TextDelta
    return kind(choice=choice, text=text)


def _with_text(template: TextEvent, text: str) -> TextEvent:
    if isinstance(template, TextDelta):
        return TextDelta(choice=template.choice, text=text)
    if isinstance(template, ToolDelta):
        return replace(template, text=text, name=None, call_id=None)
    return replace(template, text=text)
