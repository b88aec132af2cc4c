"""The filter that cuts the text of each channel into units that can be scanned."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from gateway.detect.scan.segmenter import Unit
from gateway.reply.channels import Channel, ReplyChannels
from gateway.reply.filters import WITH_TEXT
from gateway.text.fold import utf8_length
from gateway.types import Event, Finish, TextDelta, TextEvent, ToolDelta, UnknownField


@dataclass(slots=True)
class Piece:
    """A part of a reply's text between segmenting and treatment."""

    unit: Unit | None = field(repr=False)
    """The text; ``None`` where nothing more comes for now, so that the channel releases what it holds."""
    channel: Channel | None = field(default=None, repr=False)
    """Where the text belongs; ``None`` for the name of a tool."""
    header: ToolDelta | None = field(default=None, repr=False)
    """The beginning of a tool call, whose name is ``unit``."""


class SegmentFilter:
    """The pieces of each text, between the events without text.

    Args:
        tools: the tools that the caller declared: their names are the caller's own words.
        channels: the channels of the reply.
        ordered: whether a block ends before the next begins.
    """

    def __init__(self, tools: Collection[str], channels: ReplyChannels, *, ordered: bool) -> None:
        self._tools = tools
        self._channels = channels
        self._ordered = ordered
        self._active: dict[int, Channel] = {}
        self.output_bytes = 0
        """Length of all text so far, as UTF-8."""

    def feed(self, event: Event) -> Iterable[Event | Piece]:
        """The pieces that can be scanned now. They must be consumed before the next event is fed."""
        if not isinstance(event, WITH_TEXT):
            return self._finish(event) if isinstance(event, Finish) else (event,)
        self.output_bytes += utf8_length(event.text)
        channel = self._channels.of(event)
        if self._ordered or not isinstance(event, TextDelta):
            return self._text(event, channel)
        units = channel.segmenter.feed(event.text)
        return [Piece(unit, channel) for unit in units] if units else ()

    def flush(self) -> Iterator[Event | Piece]:
        """The remaining pieces."""
        return _ends(self._channels.take_all())

    def _finish(self, event: Finish) -> Iterator[Event | Piece]:
        yield from _ends(self._channels.take(event.choice))
        yield event

    def _text(self, event: TextEvent, channel: Channel) -> Iterator[Event | Piece]:
        if self._ordered:
            yield from self._end_previous(event.choice, channel)
        if isinstance(event, ToolDelta) and (event.name is not None or event.call_id is not None):
            yield self._name(event)
        for unit in channel.segmenter.feed(event.text):
            yield Piece(unit, channel)
        # A number is a whole value: nothing that follows can extend it.
        if isinstance(event, UnknownField) and event.number:
            yield from _ends([channel])

    def _name(self, event: ToolDelta) -> Piece:
        """The beginning of a tool call: a declared name is the caller's own, any other is scanned."""
        name = event.name or ""
        return Piece(Unit(text=name, scan=bool(name) and name not in self._tools), header=event)

    def _end_previous(self, choice: int, channel: Channel) -> Iterator[Piece]:
        """Where a dialect has blocks, one ends before the next begins."""
        previous = self._active.get(choice)
        self._active[choice] = channel
        if previous is not None and previous is not channel:
            yield from _ends([previous])


def _ends(channels: Iterable[Channel]) -> Iterator[Piece]:
    for channel in channels:
        for unit in channel.segmenter.flush():
            yield Piece(unit, channel)
        yield Piece(None, channel)
