"""What the supervisor shares: verified policies, settings that use no other source, counts that outlive a process."""

import subprocess
import sys
from pathlib import Path

from gateway.fleet.shared_folder import METRICS_FOLDER, FleetMetrics, SharedFolder
from gateway.policy.compile.bundle import load
from gateway.telemetry.metrics import Metrics
from tests.parts.configuration import settings
from tests.parts.opa import ROOT

COUNTING = """
from gateway.telemetry.metrics import Metrics
metrics = Metrics()
metrics.in_flight.inc(3)
metrics._redactions.labels("PERSON").inc(2)
metrics.background_failed("revocations")
"""


def test_workers_load_the_published_build_and_use_no_other_source() -> None:
    build = load(ROOT / "policies")
    with SharedFolder() as share:
        share.publish("live", build)
        policy = share.settings(settings(policy={"path": str(ROOT / "policies")})).policy
        assert load(policy.path).revision == build.revision
        assert (policy.bundle, policy.verify, policy.candidate) == (None,) * 3
        assert policy.watch_seconds == 0
        folder = policy.path.parent
    assert not folder.exists()


def test_counters_of_ended_workers_are_kept_and_their_gauges_dropped(tmp_path: Path) -> None:
    with SharedFolder() as share:
        pids = [_count(share.metrics) for _ in range(2)]
        metrics = FleetMetrics(Metrics(), share.metrics)
        assert b'sekisho_redactions_total{entity="PERSON"} 4.0' in metrics.render()
        for pid in pids:
            share.ended(pid)
        rendered = metrics.render()
        assert b'sekisho_redactions_total{entity="PERSON"} 4.0' in rendered
        assert b"sekisho_requests_under_way 6.0" not in rendered


def test_the_supervisor_reports_its_workers() -> None:
    with SharedFolder() as share:
        metrics = FleetMetrics(Metrics(), share.metrics)
        metrics.running(2)
        metrics.ended()
        assert b"sekisho_workers 2.0" in metrics.render()
        assert b"sekisho_workers_ended_total 1.0" in metrics.render()


def test_failures_of_background_tasks_are_those_of_the_supervisor_and_of_its_workers() -> None:
    with SharedFolder() as share:
        _count(share.metrics)
        own = Metrics()
        metrics = FleetMetrics(own, share.metrics)
        for task in ("revocations", "reconcile"):
            own.background_failed(task)
        rendered = metrics.render().decode()
        assert 'sekisho_background_failures_total{task="revocations"} 2.0' in rendered
        assert 'sekisho_background_failures_total{task="reconcile"} 1.0' in rendered
        assert 'sekisho_background_failing{task="revocations"} 2.0' in rendered
        own.background_recovered("revocations")
        assert 'failing{task="revocations"} 1.0' in metrics.render().decode()


def _count(folder: Path) -> int:
    environ = {METRICS_FOLDER: str(folder), "PATH": "/usr/bin:/bin"}
    process = subprocess.Popen([sys.executable, "-c", COUNTING], env=environ, cwd=ROOT)
    assert process.wait() == 0
    return process.pid
