"""What a supervisor hands on: verified policies, settings that look nowhere else, counts that outlive a process."""

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


def test_workers_load_the_build_that_was_laid_and_look_at_nothing_else() -> None:
    build = load(ROOT / "policies")
    with SharedFolder() as share:
        share.publish("live", build)
        told = share.settings(settings(policy={"path": str(ROOT / "policies")})).policy
        assert load(told.path).revision == build.revision
        assert (told.bundle, told.verify, told.candidate, told.watch_seconds) == (None,) * 3 + (0,)
        folder = told.path.parent
    assert not folder.exists()


def test_what_ended_workers_counted_stays_and_what_they_had_under_way_goes(tmp_path: Path) -> None:
    with SharedFolder() as share:
        pids = [_count(share.metrics) for _ in range(2)]
        metrics = FleetMetrics(Metrics(), share.metrics)
        assert b'sekisho_redactions_total{entity="PERSON"} 4.0' in metrics.render()
        for pid in pids:
            share.ended(pid)
        shown = metrics.render()
        assert b'sekisho_redactions_total{entity="PERSON"} 4.0' in shown
        assert b"sekisho_requests_under_way 6.0" not in shown


def test_the_supervisor_tells_of_its_workers() -> None:
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
        told = metrics.render().decode()
        assert 'sekisho_background_failures_total{task="revocations"} 2.0' in told
        assert 'sekisho_background_failures_total{task="reconcile"} 1.0' in told
        assert 'sekisho_background_failing{task="revocations"} 2.0' in told
        own.background_recovered("revocations")
        assert 'failing{task="revocations"} 1.0' in metrics.render().decode()


def _count(folder: Path) -> int:
    environ = {METRICS_FOLDER: str(folder), "PATH": "/usr/bin:/bin"}
    process = subprocess.Popen([sys.executable, "-c", COUNTING], env=environ, cwd=ROOT)
    assert process.wait() == 0
    return process.pid
