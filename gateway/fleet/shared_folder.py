"""What the supervisor shares with its workers: policies, settings, and the files of their metrics.

The folder is removed when the supervisor ends. It holds policies as the bundle that the supervisor has verified and
tested, so that the replacement of a worker uses the same policies as the others, even if their source was edited
meanwhile.
"""

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Self

from prometheus_client import CollectorRegistry, Counter, Gauge, Metric, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from gateway.policy.compile.build import Build
from gateway.policy.compile.bundle import write
from gateway.settings.root import Settings
from gateway.telemetry.metrics import Metrics

METRICS_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable of the folder where prometheus-client stores metrics in files that outlive a process
(https://prometheus.github.io/client_python/multiprocess/)."""

_COMMON_FAMILIES: Final = ("sekisho_background_failures", "sekisho_background_failing")
"""Families that both report: the supervisor has background tasks, and each worker has its own."""
_SUPERVISOR_FAMILIES: Final = ("sekisho_policy", "sekisho_policy_changes", "sekisho_policy_stale")
"""Families that only the supervisor reports: it is the one that checks for newer policies."""


class SharedFolder:
    """The folder, as a context manager: it is removed on leaving."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="sekisho-")
        self._path = Path(self._folder.name)
        self.metrics = self._path / "metrics"
        self._written: dict[str, str] = {}

    def __enter__(self) -> Self:
        self.metrics.mkdir()
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def publish(self, role: str, build: Build) -> None:
        """Write a build where the workers read it, atomically; ``role`` is ``live`` or ``candidate``."""
        if self._written.get(role) == build.revision:
            return
        part = self._path / f"{role}.part"
        write(build, part)
        # A rename: no worker reads a bundle that is partly written.
        part.replace(self._bundle(role))
        self._written[role] = build.revision

    def settings(self, settings: Settings) -> Settings:
        """A worker's settings: it reads the published policies, and only at the supervisor's command."""
        policy_changes = {
            "path": self._bundle("live"),
            "candidate": self._bundle("candidate") if settings.policy.candidate else None,
            "bundle": None,
            "verify": None,  # the supervisor has verified the signature
            "watch_seconds": 0.0,
        }
        return settings.model_copy(
            update={"policy": settings.policy.model_copy(update=policy_changes)}
        )

    def ended(self, pid: int) -> None:
        """Drop a worker's gauges, such as its requests in flight; its counters stay."""
        mark_process_dead(pid, str(self.metrics))  # type: ignore[no-untyped-call]

    def _bundle(self, role: str) -> Path:
        return self._path / f"{role}.tar.gz"


class FleetMetrics:
    """The supervisor's metrics: sums over its workers, those that have ended included, and its own.

    Args:
        own: the metrics of the supervisor's own process.
        folder: where the workers write their metrics.
    """

    def __init__(self, own: Metrics, folder: Path) -> None:
        self._own = own
        self._folder = folder
        self._registry = CollectorRegistry()
        self._registry.register(self)
        self._running = Gauge(
            "sekisho_workers", "Workers that are running.", registry=self._registry
        )
        self._ended = Counter(
            "sekisho_workers_ended_total",
            "Workers that ended by themselves and were replaced.",
            registry=self._registry,
        )

    def collect(self) -> Iterable[Metric]:
        """The families of the workers, summed, and of policies."""
        workers = MultiProcessCollector(None, str(self._folder))  # type: ignore[no-untyped-call]
        summed: Iterable[Metric] = workers.collect()  # type: ignore[no-untyped-call]
        common: dict[str, Metric] = {}
        for family in summed:
            if family.name in _COMMON_FAMILIES:
                common[family.name] = family
            elif family.name not in _SUPERVISOR_FAMILIES:
                yield family
        for family in self._own.registry.collect():
            if family.name in _SUPERVISOR_FAMILIES:
                yield family
            elif family.name in _COMMON_FAMILIES:
                yield _sum(family, common.get(family.name, family))

    def running(self, workers: int) -> None:
        """How many workers run now."""
        self._running.set(workers)

    def ended(self) -> None:
        """Count a worker that ended by itself."""
        self._ended.inc()

    def render(self) -> bytes:
        """The text exposition format, as :meth:`gateway.telemetry.metrics.Metrics.render` returns it."""
        return generate_latest(self._registry)


def _sum(own: Metric, workers: Metric) -> Metric:
    """One family of the supervisor and its workers."""
    values: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    for sample in (*own.samples, *(() if workers is own else workers.samples)):
        if not sample.name.endswith("_created"):  # workers do not report it
            key = (sample.name, tuple(sorted(sample.labels.items())))
            values[key] = values.get(key, 0.0) + sample.value
    summed = Metric(own.name, own.documentation, own.type)
    for (name, labels), value in values.items():
        summed.add_sample(name, dict(labels), value)
    return summed
