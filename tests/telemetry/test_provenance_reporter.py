"""What is proven of a deployment is a gauge of its state, and a line at each change."""

from structlog.testing import CapturingLogger

from gateway.telemetry.metrics import Metrics
from gateway.telemetry.provenance_reporter import ProvenanceReporter
from gateway.types import Proof


def test_the_state_of_the_moment_is_printed_and_each_change_is_reported() -> None:
    metrics, log = Metrics(), CapturingLogger()
    news = ProvenanceReporter(metrics, log)
    news("r1-a", Proof(state="verified", manifest="sha256:00"), "")
    news("r1-a", Proof(state="mismatch", manifest="sha256:00"), "reports another model")
    calls = [(call.method_name, call.kwargs["state"], call.kwargs["why"]) for call in log.calls]
    assert calls == [("info", "verified", ""), ("error", "mismatch", "reports another model")]
    lines = metrics.render().decode().splitlines()
    assert 'sekisho_provenance{deployment="r1-a",state="mismatch"} 1.0' in lines
    assert 'sekisho_provenance{deployment="r1-a",state="verified"} 0.0' in lines
