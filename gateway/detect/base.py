"""The input and output of every detector."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from gateway.types import Finding

CERTAIN: Final = 1.0
"""The score of a self-validating value: one with a valid check digit or a credential's fixed prefix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A text to scan, as people would read it (JSON escapes already decoded)."""

    text: str = field(repr=False)
    key: str = field(default="", repr=False)
    """The object key of the text: context such as ``password`` or ``氏名``."""
    languages: tuple[str, ...] = ()
    """Languages whose models read it (``en``, ``ja``); with none, only the deterministic rules do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A sensitive value at ``[start, end)``, in characters of the text that was scanned."""

    start: int
    end: int
    entity: str
    score: float
    """0 to 1; ``CERTAIN`` for a self-validating value."""
    detector: str

    def in_segment(self, index: int) -> Finding:
        """The finding in the segment with this index, in whose text the offsets are."""
        return Finding(
            segment=index,
            start=self.start,
            end=self.end,
            entity=self.entity,
            score=self.score,
            detector=self.detector,
        )


class Detector(Protocol):
    """Finds spans in passages.

    An empty result means that nothing was found. A detector that can't scan raises: a failure must never
    look like a clean text.
    """

    @property
    def revision(self) -> str:
        """Changes whenever rules, models or languages change; ``""`` before the start."""

    async def start(self) -> None:
        """Load the models.

        Raises:
            DetectorUnavailable: they can't be loaded.
        """

    async def detect(
        self, passages: Sequence[Passage], *, deadline: float, caller: tuple[str, ...] = ()
    ) -> list[tuple[Span, ...]]:
        """The spans of each passage, disjoint and sorted.

        Args:
            passages: the texts.
            deadline: seconds that this call may work; the time in a queue does not count.
            caller: whose texts they are, from the largest group to the smallest (tenant, app): callers are served in turns.

        Raises:
            BodyTooLarge: the texts take longer than the deadline, and would again.
            DetectorUnavailable: an error, a crash, the deadline or an overload.
        """

    async def close(self) -> None:
        """Stop, and leave nothing running."""

    def ready(self) -> bool:
        """Whether a call made now can succeed."""
