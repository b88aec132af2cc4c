"""Changes of policy are counted and logged, and a flood of faults is not."""

from structlog.testing import CapturingLogger

from gateway.telemetry.metrics import Metrics
from gateway.telemetry.policy_reporter import PolicyReporter


def test_each_change_is_counted_and_logged() -> None:
    metrics, log = Metrics(), CapturingLogger()
    news = PolicyReporter(metrics, log)
    news.policy_swapped("live", "a" * 64)
    news.policy_refused("candidate", [f"fault {n}" for n in range(100)])
    swapped, refused = log.calls
    assert (swapped.method_name, swapped.kwargs["revision"]) == ("info", "a" * 12)
    assert (refused.method_name, len(refused.kwargs["faults"])) == ("error", 20)
    text = metrics.render().decode()
    assert "a" * 12 in text
    assert 'role="candidate"' in text
