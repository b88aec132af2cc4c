"""Threads for work on a text that is too large for the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

_Result = TypeVar("_Result")

INLINE: Final = 8_192
"""Up to this number of characters, each step on a text takes a few milliseconds."""
_THREADS: Final = 2
"""More would only compete with the event loop for the interpreter's lock."""


class TextThreads:
    """Runs work whose time grows with a text: on the event loop for a small text, else in a thread, so that others go on."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="text")

    async def run(self, characters: int, work: Callable[[], _Result]) -> _Result:
        """Run ``work`` on a text of so many characters and return its result.

        Args:
            characters: the length of the text.
            work: may run in another thread, where it can't be interrupted: after a cancellation its result is dropped.
        """
        if characters <= INLINE:
            return work()
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)
