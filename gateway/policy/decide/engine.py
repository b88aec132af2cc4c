"""What every policy engine does."""

from typing import Protocol

from gateway.types import Json

RULE = "decision"
PACKAGE = "sekisho"
"""The one rule that is asked: ``data.sekisho.decision``."""


class Engine(Protocol):
    """Evaluates the decision over a facts document."""

    async def start(self) -> None:
        """Load the build or open connections."""

    async def evaluate(self, document: bytes) -> Json:
        """The value of ``data.sekisho.decision`` for this input.

        Raises:
            PolicyUnavailable: anything else than a value came out: undefined, an error, no answer.
        """

    async def ready(self) -> bool:
        """Whether a decision could be had now."""

    async def close(self) -> None:
        """Release what ``start`` took."""
