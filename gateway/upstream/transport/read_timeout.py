"""The time-out of the reader of a reply: how long it waits for the next bytes."""

import asyncio
from typing import Final, Self

import aiohttp

_NO_DEADLINE: Final = float("inf")


class ReadTimeout:
    """Ends a wait for bytes that is too long: the reader gets a ``TimeoutError``.

    One timer serves all waits of a reply, and checks the current deadline when it fires. To set and cancel a timer for each event,
    as ``asyncio.timeout`` does, costs more than reading the event.

    Args:
        content: the stream that is read.
        until: the first deadline, in the event loop's time.
    """

    def __init__(self, content: aiohttp.StreamReader, until: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._content = content
        self._deadline = until
        self._seconds = _NO_DEADLINE
        self._set(until)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def pause(self) -> None:
        """Stop counting while received events are processed."""
        self._deadline = _NO_DEADLINE

    def restart(self, seconds: float, latest: float) -> None:
        """Start a new wait of ``seconds``, which ends no later than ``latest`` in the loop's time."""
        self._seconds = seconds
        self._deadline = min(self._loop.time() + seconds, latest)
        # The timer may fire earlier than needed, never later.
        if self._deadline < self._timer_at:
            self._timer.cancel()
            self._set(self._deadline)

    def _set(self, at: float) -> None:
        self._timer_at = at
        self._timer = self._loop.call_at(at, self._on_timer)

    def _on_timer(self) -> None:
        now = self._loop.time()
        if now >= self._deadline:
            # Wakes the reader, whose wait raises this error.
            self._content.set_exception(TimeoutError())
        else:
            self._set(min(self._deadline, now + self._seconds))
