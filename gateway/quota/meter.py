"""Counts a streamed reply, and ends it when the model server exceeds the limit that it was sent."""

from collections.abc import Sequence
from typing import Final

from gateway.quota.estimate import choices
from gateway.text.fold import utf8_length
from gateway.types import Call, Event, Finish, TextEvent

_BYTES: Final = 8
"""UTF-8 bytes of a token: about twice the mean, so that a server that respects the limit is never cut off."""


class Meter:
    """Counts one streamed reply.

    No tokenizer is available. A delta is at least one token, except from servers that split tokens, so two conditions
    must hold: more deltas than tokens, and more text than that many tokens have.

    Args:
        tokens: what was reserved for the reply.
    """

    def __init__(self, tokens: int) -> None:
        self._tokens = tokens
        self._pieces = 0
        self._bytes = 0
        self._open: set[int] = set()

    def feed(self, batch: Sequence[Event]) -> Sequence[Event]:
        """The events of a batch, ended with the reason ``length`` once they certainly exceed the limit: see ``full``."""
        for place, event in enumerate(batch):
            self._count(event)
            if self.full:
                return [*batch[:place], *self._ends()]
        return batch

    @property
    def full(self) -> bool:
        """Whether the limit is exceeded, so that nothing more may be read."""
        return self._pieces > self._tokens and self._bytes > self._tokens * _BYTES

    def _count(self, event: Event) -> None:
        if isinstance(event, TextEvent):
            self._pieces += 1
            self._bytes += utf8_length(event.text)
            self._open.add(event.choice)
        elif isinstance(event, Finish):
            self._open.discard(event.choice)

    def _ends(self) -> list[Event]:
        """The events that end every choice with text that is not finished."""
        return [Finish(choice=choice, reason="length") for choice in sorted(self._open)]


def reply_meter(call: Call, tokens: int | None) -> Meter | None:
    """The meter of the reply to ``call``; ``None`` if it is not streamed, or no quota counts it.

    Args:
        call: the request.
        tokens: what was reserved for each choice of the reply.
    """
    return Meter(tokens * choices(call)) if call.stream and tokens is not None else None
