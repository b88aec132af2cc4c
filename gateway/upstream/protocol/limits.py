"""Limits on the parts of one reply: each part that a model server opens costs memory until the reply ends."""

from collections.abc import Sequence
from typing import Final, TypeVar

from gateway.errors import UpstreamFailed
from gateway.types import Json, Path

MAX_INDEX: Final = 1 << 16
"""Above every index of a choice, a tool call or a vector: requests have at most 50,000 values."""
MAX_CHOICES: Final = 4096
MAX_TOOL_CALLS: Final = 1024
MAX_UNKNOWN: Final = 4096
"""Places of unknown fields in one reply, and values of unknown fields in one document."""
MAX_DEPTH: Final = 64
"""Steps to a value in an unknown field. The writer of JSON fails at about 250."""
MAX_KEY: Final = 256
"""Characters of a key of an unknown field."""

_Part = TypeVar("_Part")


class ReplyLimits:
    """Counts the parts of one reply, however many documents it comes in.

    Every method raises ``UpstreamFailed`` when a limit is exceeded.
    """

    def __init__(self) -> None:
        self._choices: set[int] = set()
        self._tools: set[tuple[int, int]] = set()
        self._unknown: set[tuple[int, Path]] = set()

    def choice(self, index: int) -> None:
        """Count a choice."""
        _count(self._choices, index, MAX_CHOICES)

    def tool_call(self, choice: int, part: int) -> None:
        """Count a tool call."""
        _count(self._tools, (choice, part), MAX_TOOL_CALLS)

    def unknown(self, choice: int, path: Path) -> None:
        """Count a place of an unknown field."""
        _count(self._unknown, (choice, path), MAX_UNKNOWN)

    @staticmethod
    def values(seen: int, path: Path, keys: Sequence[str]) -> None:
        """Check the size, the depth and the keys of what is about to be walked.

        Args:
            seen: the values of unknown fields of the document so far, the next included.
            path: the place of the next.
            keys: its keys.
        """
        too_long = any(len(key) > MAX_KEY for key in keys[: MAX_UNKNOWN + 1])
        if seen > MAX_UNKNOWN or len(path) > MAX_DEPTH or too_long:
            raise too_large()


def index(value: Json) -> int:
    """The index of a choice, a tool call or a vector.

    Raises:
        TypeError, ValueError: it is not a whole number from 0 to ``MAX_INDEX``.
    """
    # The exact type: a bool is an int, 1.5 would become 1, and orjson reads whole numbers beyond 64 bits as floats.
    if type(value) is not int:
        raise TypeError("an index was expected")
    if not 0 <= value < MAX_INDEX:
        raise ValueError("an index is out of range")
    return value


def too_large() -> UpstreamFailed:
    """The error for a reply with too many parts."""
    return UpstreamFailed(
        "The model server's reply has too many parts, or parts that are nested too deep.",
        fallback=True,
    )


def _count(known: set[_Part], part: _Part, most: int) -> None:
    if part not in known:
        if len(known) >= most:
            raise too_large()
        known.add(part)
