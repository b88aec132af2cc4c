"""Reports changes of policy to metrics and the log."""

from collections.abc import Sequence
from typing import Any, Final

from gateway.telemetry.metrics import Metrics

_FAULTS_LOGGED: Final = 20


class PolicyReporter:
    """Notified when a revision replaces another, and when one is refused.

    Args:
        metrics: the counters.
        log: a structlog logger.
    """

    def __init__(self, metrics: Metrics, log: Any) -> None:
        self._metrics = metrics
        self._log = log

    def policy_swapped(self, role: str, revision: str) -> None:
        """A revision is in use. ``role`` is ``live`` or ``candidate``."""
        self._metrics.policy_swapped(role, revision)
        self._log.info("policy_swapped", role=role, revision=revision[:12])

    def policy_refused(self, role: str, faults: Sequence[str]) -> None:
        """A revision was refused; the previous one stays live. At most 20 faults are logged."""
        self._metrics.policy_refused(role)
        self._log.error("policy_refused", role=role, faults=list(faults[:_FAULTS_LOGGED]))
