"""The filter of reasoning that a model writes into its text."""

from collections.abc import Iterable, Sequence

from gateway.redact.reasoning_tags import Piece, ThinkSplitter
from gateway.types import Event, Finish, ReasoningDelta, TextDelta


class ReasoningFilter:
    """Text with reasoning tags: reasoning and answer become different events.

    Args:
        strict: see :class:`ThinkSplitter`.
    """

    def __init__(self, *, strict: bool) -> None:
        self._strict = strict
        self._splitters: dict[int, ThinkSplitter] = {}

    def feed(self, event: Event) -> Sequence[Event]:
        """As :class:`gateway.reply.filters.Filter`."""
        match event:
            case TextDelta():
                return _deltas(event.choice, self._splitter(event.choice).feed(event.text))
            case ReasoningDelta():
                self._splitter(event.choice).elsewhere()
            case Finish():
                return [*self._rest(event.choice), event]
        return (event,)

    def flush(self) -> Sequence[Event]:
        """As :class:`gateway.reply.filters.Filter`."""
        return [event for choice in self._splitters for event in self._rest(choice)]

    def _rest(self, choice: int) -> Sequence[Event]:
        splitter = self._splitters.get(choice)
        return () if splitter is None else _deltas(choice, splitter.flush())

    def _splitter(self, choice: int) -> ThinkSplitter:
        if choice not in self._splitters:
            self._splitters[choice] = ThinkSplitter(strict=self._strict)
        return self._splitters[choice]


def _deltas(choice: int, pieces: Iterable[Piece]) -> Sequence[Event]:
    return [
        ReasoningDelta(choice=choice, text=text)
        if reasoning
        else TextDelta(choice=choice, text=text)
        for reasoning, text in pieces
    ]
