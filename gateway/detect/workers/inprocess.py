"""The same detectors in the calling process, on one thread.

For command-line tools and tests: it can refuse a call whose engine hangs, but can't end the thread.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from gateway.detect.base import Passage, Span
from gateway.detect.workers.fork_server import EngineFailed, construct, extend, run
from gateway.detect.workers.pool import ENGINE
from gateway.errors import DetectorUnavailable


class InProcessDetector:
    """A ``Detector`` without processes.

    Args:
        languages: the languages whose models are loaded.
        specs: recognisers that settings add (see ``gateway.detect.engine.custom``).
        engine: ``module:function`` of the engine's factory.
    """

    def __init__(
        self, languages: Sequence[str], *, specs: Sequence[str] = (), engine: str = ENGINE
    ) -> None:
        self._languages = languages
        self._specs = specs
        self._factory = engine
        self._engine: Any = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="detector")

    @property
    def revision(self) -> str:
        return "" if self._engine is None else str(self._engine.revision)

    def ready(self) -> bool:
        return self._engine is not None

    async def start(self) -> None:
        """Build the engine.

        Raises:
            DetectorUnavailable: the engine could not be built.
        """
        loop = asyncio.get_running_loop()
        try:
            engine = await loop.run_in_executor(
                self._thread, construct, self._factory, self._languages
            )
            await loop.run_in_executor(self._thread, extend, engine, self._specs)
        except EngineFailed as error:
            raise DetectorUnavailable(f"the detector did not start: {error}") from None
        self._engine = engine

    async def detect(
        self, passages: Sequence[Passage], *, deadline: float, caller: tuple[str, ...] = ()
    ) -> list[tuple[Span, ...]]:
        del caller  # one thread, for commands that have one caller
        if self._engine is None:
            raise DetectorUnavailable("the detector is not running")
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(deadline):
                return await loop.run_in_executor(self._thread, run, self._engine, passages)
        except TimeoutError:
            raise DetectorUnavailable("detection took longer than its deadline") from None
        except EngineFailed:
            raise DetectorUnavailable("a detector failed") from None

    async def close(self) -> None:
        self._engine = None
        self._thread.shutdown(wait=False, cancel_futures=True)
