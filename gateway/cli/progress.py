"""A progress bar for operations that turn out to take long."""

import time
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gateway import timeouts


class DelayedProgress:
    """Called with the amount done and the total; draws a bar on standard error after two seconds.

    Nothing is drawn where standard error is not a terminal.
    """

    def __init__(self, title: str, *, after: float = timeouts.PROGRESS_AFTER) -> None:
        self._title: Final = title
        self._visible_from: Final = time.monotonic() + after
        self._progress: Final = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._visible = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        if self._visible:
            self._progress.stop()

    def __call__(self, done: int, total: int) -> None:
        """Report the progress."""
        if not self._visible:
            if time.monotonic() < self._visible_from or not self._progress.console.is_terminal:
                return
            self._visible = True
            self._progress.add_task(self._title)
            self._progress.start()
        self._progress.update(self._progress.task_ids[0], completed=done, total=total)
