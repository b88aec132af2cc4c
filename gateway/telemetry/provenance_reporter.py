"""Reports changes of provenance status to metrics and the log."""

from typing import Any

from gateway.telemetry.metrics import Metrics
from gateway.types import Proof


class ProvenanceReporter:
    """Notified when the status of a deployment against its signed record changes.

    Args:
        metrics: the gauges.
        log: a structlog logger.
    """

    def __init__(self, metrics: Metrics, log: Any) -> None:
        self._metrics = metrics
        self._log = log

    def __call__(self, deployment: str, proof: Proof, why: str) -> None:
        """``why`` describes the fault in a few words; ``""`` without a fault."""
        self._metrics.proven(deployment, proof.state)
        level = self._log.info if proof.state == "verified" else self._log.error
        level(
            "provenance",
            deployment=deployment,
            state=proof.state,
            manifest=proof.manifest,
            why=why,
        )
