"""What every policy engine does: it evaluates one rule over the facts, or refuses."""

from typing import Final, Protocol

from gateway.errors import PolicyUnavailable
from gateway.types import Json

PACKAGE: Final = "sekisho"
RULE: Final = "decision"
QUERY: Final = f"data.{PACKAGE}.{RULE}"
"""The only rule that is evaluated."""


class Engine(Protocol):
    """Evaluates the decision over a facts document."""

    async def start(self) -> None:
        """Load the build or open connections."""

    async def evaluate(self, document: bytes) -> Json:
        """The value of ``data.sekisho.decision`` for this input.

        Raises:
            PolicyUnavailable: there is no value: it is undefined, the evaluation failed, or nobody answered.
        """

    async def ready(self) -> bool:
        """Whether a decision could be made now."""

    async def close(self) -> None:
        """Release what ``start`` opened."""


def no_decision() -> PolicyUnavailable:
    """The error of an engine that has no value to return: without a decision nothing is sent."""
    return PolicyUnavailable("The policy engine gave no decision, so the call is refused.")
