"""Counts a streamed reply, and ends it when the model server exceeds the limit that it was sent."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Final

from gateway.text.fold import utf8_length
from gateway.types import Event, Finish, TextEvent

_BYTES: Final = 8
"""UTF-8 bytes of a token: about twice the mean, so that a server that respects the limit is never cut off."""


async def metered(
    events: AsyncGenerator[Sequence[Event], None], tokens: int
) -> AsyncGenerator[Sequence[Event], None]:
    """The events, ended with the reason ``length`` once they certainly exceed the limit.

    No tokenizer is available. A delta is at least one token, except from servers that split tokens, so two conditions
    must hold: more deltas than tokens, and more text than that many tokens have.

    Args:
        events: a streamed reply; closed when it is cut off, which cancels the call.
        tokens: what was reserved for it.
    """
    meter = _Meter(tokens)
    async with aclosing(events):
        async for batch in events:
            for place, event in enumerate(batch):
                meter.take(event)
                if meter.full:
                    yield [*batch[:place], *meter.ends()]
                    return
            yield batch


class _Meter:
    def __init__(self, tokens: int) -> None:
        self._tokens = tokens
        self._pieces = 0
        self._bytes = 0
        self._open: set[int] = set()

    @property
    def full(self) -> bool:
        return self._pieces > self._tokens and self._bytes > self._tokens * _BYTES

    def take(self, event: Event) -> None:
        if isinstance(event, TextEvent):
            self._pieces += 1
            self._bytes += utf8_length(event.text)
            self._open.add(event.choice)
        elif isinstance(event, Finish):
            self._open.discard(event.choice)

    def ends(self) -> list[Event]:
        """The events that end every choice with text that is not finished."""
        return [Finish(choice=choice, reason="length") for choice in sorted(self._open)]
