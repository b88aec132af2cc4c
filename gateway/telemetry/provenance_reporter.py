"""Changes of what is proven of deployments, shown and said aloud."""

from typing import Any

from gateway.telemetry.metrics import Metrics
from gateway.types import Proof


class ProvenanceReporter:
    """Told how a deployment stands to its signed record, when that changes.

    Args:
        metrics: the gauges.
        log: a structlog logger.
    """

    def __init__(self, metrics: Metrics, log: Any) -> None:
        self._metrics = metrics
        self._log = log

    def __call__(self, deployment: str, proof: Proof, why: str) -> None:
        """``why`` says what is wrong, in a few words; ``""`` where nothing is."""
        self._metrics.proven(deployment, proof.state)
        level = self._log.info if proof.state == "verified" else self._log.error
        level(
            "provenance",
            deployment=deployment,
            state=proof.state,
            manifest=proof.manifest,
            why=why,
        )
