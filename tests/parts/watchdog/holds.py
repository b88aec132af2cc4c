"""What held an event loop during a test: in this process, and in gateways that it started."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HELD: Final = "event loop held"
"""The name under which a test's report has each of them."""

ALONE: Final[dict[str, str]] = {
    "demo._run in ": "the demonstration imports the model server and the SDK before it starts anything",
    "difference.difference in ": "`policy diff` is a command with an event loop of its own, which nobody shares",
    "replay._ask in ": "`policy replay` too",
}
"""Steps beside which no request runs, by the beginning of their names, with the reason why they may take long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A callback that ran for long, and the CPU time that it took."""

    seconds: float
    callback: str

    @property
    def allowed(self) -> bool:
        """Whether no request waits for it."""
        return self.callback.startswith(tuple(ALONE))

    def __str__(self) -> str:
        return f"{self.seconds * 1000:7.0f} ms  {self.callback}"


class Holds:
    """Collects them.

    Args:
        path: the file to which gateways in processes of their own append theirs.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._here: list[Hold] = []
        self._read = 0

    def note(self, seconds: float, callback: str) -> None:
        """Add one of this process."""
        self._here.append(Hold(seconds=seconds, callback=callback))

    def take(self) -> list[Hold]:
        """Those since the last call."""
        found, self._here = self._here, []
        return [*found, *self._of_processes()]

    def _of_processes(self) -> list[Hold]:
        if not self.path.exists():
            return []
        with self.path.open(encoding="utf-8") as file:
            file.seek(self._read)
            lines = file.readlines()
            self._read = file.tell()
        return [Hold(**json.loads(line)) for line in lines]
