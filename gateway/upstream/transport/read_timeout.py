"""How long the reader of a reply waits for bytes."""

import asyncio
from typing import Final, Self

import aiohttp

_NEVER: Final = float("inf")


class Patience:
    """Ends a wait for bytes that has become too long: the reader gets a ``TimeoutError``.

    One timer serves all waits of a reply, and looks up the deadline when it rings: to set and cancel one for
    each event, as ``asyncio.timeout`` does, costs more than to read the event.

    Args:
        content: what is waited for.
        until: the first deadline, in the event loop's time.
    """

    def __init__(self, content: aiohttp.StreamReader, until: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._content = content
        self._until = until
        self._seconds = _NEVER
        self._set(until)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def rest(self) -> None:
        """Nobody waits: what came is being dealt with."""
        self._until = _NEVER

    def renew(self, seconds: float, latest: float) -> None:
        """Wait anew, for ``seconds`` and not beyond ``latest`` in the loop's time."""
        self._seconds = seconds
        self._until = min(self._loop.time() + seconds, latest)
        if self._until < self._rings:
            self._timer.cancel()
            self._set(self._until)

    def _set(self, at: float) -> None:
        self._rings = at
        self._timer = self._loop.call_at(at, self._ring)

    def _ring(self) -> None:
        now = self._loop.time()
        if now >= self._until:
            self._content.set_exception(TimeoutError())
        else:
            self._set(min(self._until, now + self._seconds))
