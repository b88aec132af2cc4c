"""The channels of a reply: the text, refusal, reasoning and tool arguments of each choice.

An upstream may interleave them and cut them anywhere, so each channel has a segmenter (what can be scanned now) and a
restorer (which placeholders become the caller's own values) of its own.
"""

from dataclasses import replace
from typing import TypeAlias

from gateway.detect.scan.segmenter import (
    LineSegmenter,
    PatternSegmenter,
    Segmenter,
    WholeSegmenter,
)
from gateway.redact.generated import JsonStringTracker
from gateway.redact.markup.addresses import hosts_in
from gateway.redact.restore import Restorer
from gateway.types import (
    Call,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    TextEvent,
    ToolDelta,
    UnknownField,
    Vault,
    Verdict,
)

_Key: TypeAlias = tuple[int, type[TextEvent], object]


class Channel:
    """One stream of text within a reply."""

    __slots__ = ("dropped", "json", "restorer", "segmenter", "template", "unflushed")

    def __init__(
        self, *, template: TextEvent, segmenter: Segmenter, restorer: Restorer | None, dropped: bool
    ) -> None:
        self.template = template
        self.segmenter = segmenter
        self.restorer = restorer
        self.dropped = dropped
        self.json = JsonStringTracker() if isinstance(template, ToolDelta) else None
        self.unflushed = False

    def event(self, text: str) -> TextEvent | None:
        """The next event of this channel; ``None`` if there is nothing to send. It never has a tool's name or call id."""
        if not text or self.dropped:
            return None
        match self.template:
            case TextDelta(choice=choice):
                return TextDelta(choice=choice, text=text)
            case ToolDelta():
                return replace(self.template, text=text, name=None, call_id=None)
            case _:
                return replace(self.template, text=text)


class ReplyChannels:
    """The channels of one reply, opened as their first events arrive.

    Args:
        call: the request; its declared tools and its hosts say where values are restored.
        vault: the request's values and replacements.
        verdict: the policy's verdict on the deployment that replies.
    """

    def __init__(self, call: Call, vault: Vault, verdict: Verdict) -> None:
        self._call = call
        self._vault = vault
        self._verdict = verdict
        self._whole = verdict.output_depth == "whole"
        self._channels: dict[_Key, Channel] = {}
        self._unflushed: dict[int, list[Channel]] = {}
        self._hosts: frozenset[str] | None = None

    def of(self, event: TextEvent) -> Channel:
        """The channel that an event belongs to; it may hold text until it is taken to be flushed."""
        part = None if isinstance(event, TextDelta) else _part(event)
        key = (event.choice, type(event), part)
        channel = self._channels.get(key)
        if channel is None:
            channel = self._channels[key] = self._open(event)
        if not channel.unflushed:
            channel.unflushed = True
            self._unflushed.setdefault(event.choice, []).append(channel)
        return channel

    def take(self, choice: int) -> list[Channel]:
        """The channels of one choice that may hold text, in the order of their events since they were last taken."""
        taken = self._unflushed.pop(choice, [])
        for channel in taken:
            channel.unflushed = False
        return taken

    def take_all(self) -> list[Channel]:
        """Every channel that may hold text."""
        return [channel for choice in list(self._unflushed) for channel in self.take(choice)]

    @property
    def restored(self) -> int:
        """Placeholders that were replaced by the caller's own values."""
        return sum(c.restorer.restored for c in self._channels.values() if c.restorer)

    @property
    def unrestored(self) -> int:
        """Placeholders that were left as they are, or dropped."""
        return sum(c.restorer.unrestored for c in self._channels.values() if c.restorer)

    def _open(self, event: TextEvent) -> Channel:
        return Channel(
            template=event,
            segmenter=self._segmenter(),
            restorer=self._restorer(event),
            dropped=isinstance(event, ReasoningDelta) and self._verdict.reasoning == "drop",
        )

    def _segmenter(self) -> Segmenter:
        if self._whole:
            return WholeSegmenter()
        return PatternSegmenter() if self._call.stream else LineSegmenter()

    def _restorer(self, event: TextEvent) -> Restorer | None:
        """Values are never restored in unknown fields, nor for tools that the caller did not declare."""
        match event:
            case ToolDelta():
                declared = event.name in self._call.tools
                return Restorer(self._vault, escape=True, hosts=None) if declared else None
            case ReasoningDelta() if self._verdict.reasoning != "pass":
                return None
            case UnknownField():
                return None
            case _:
                return Restorer(self._vault, escape=False, hosts=self._request_hosts())

    def _request_hosts(self) -> frozenset[str]:
        if self._hosts is None:
            # What a tool returned, or an earlier reply said, may come from anybody.
            self._hosts = hosts_in(
                segment.text
                for segment in self._call.segments
                if segment.origin in ("system", "user")
            )
        return self._hosts


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
