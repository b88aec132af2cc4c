"""What every detector takes and gives."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

CERTAIN: Final = 1.0
"""The score of a value that proves itself: a check digit, or the fixed prefix of a credential."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A text to look at, as people would read it (JSON escapes already undone)."""

    text: str = field(repr=False)
    key: str = field(default="", repr=False)
    """The object key that the text stood under: context such as ``password`` or ``氏名``."""
    languages: tuple[str, ...] = ()
    """Languages whose models read it (``en``, ``ja``); with none, the rules of tier 0 alone do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A sensitive value at ``[start, end)``, in characters of the text that was looked at."""

    start: int
    end: int
    entity: str
    score: float
    """0 to 1; ``CERTAIN`` when the value proves itself."""
    detector: str


class Detector(Protocol):
    """Finds spans in passages, or says that it could not.

    An empty result means that nothing was found. Whatever keeps a detector from looking raises.
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
        self, passages: Sequence[Passage], *, deadline: float
    ) -> list[tuple[Span, ...]]:
        """The spans of each passage, disjoint and sorted.

        Args:
            passages: the texts.
            deadline: seconds that this call may take.

        Raises:
            DetectorUnavailable: an error, a crash or the deadline.
        """

    async def close(self) -> None:
        """Stop, and leave nothing running."""

    def ready(self) -> bool:
        """Whether a call made now could be answered."""
