"""Prometheus metrics. Labels take values from configuration and code alone, never from a request."""

from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest

from gateway.exchange import Exchange, Outcome, QuotaUse
from gateway.types import ProofState

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """The metrics of one gateway, in a registry of its own."""

    def __init__(self) -> None:
        # Not the library's global one, in which a second gateway in the process would clash.
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "sekisho_requests_total",
            "Requests by operation, outcome and error code.",
            ("operation", "outcome", "code"),
            registry=self.registry,
        )
        self._redactions = Counter(
            "sekisho_redactions_total",
            "Spans replaced before a request was sent, by entity.",
            ("entity",),
            registry=self.registry,
        )
        self._generated = Counter(
            "sekisho_invented_total",
            "Sensitive spans that a model produced by itself, by entity.",
            ("entity",),
            registry=self.registry,
        )
        self._placeholders = Counter(
            "sekisho_placeholders_total",
            "Placeholders found in replies, by result.",
            ("result",),
            registry=self.registry,
        )
        self._listed = Counter(
            "sekisho_list_matches_total",
            "Values found that an allow or deny list names, by list, entry and mode.",
            ("list", "entry", "mode"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "sekisho_request_seconds",
            "Wall time of a request, including the upstream.",
            ("operation",),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._overhead = Histogram(
            "sekisho_overhead_seconds",
            "Wall time of a request less the time spent waiting for the upstream.",
            ("operation",),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._detector_wait = Histogram(
            "sekisho_detector_wait_seconds",
            "Time that a request with new text waited for its first detector process.",
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._policy_changes = Counter(
            "sekisho_policy_changes_total",
            "Newer policies that were activated (swapped) or had faults (refused).",
            ("role", "result"),
            registry=self.registry,
        )
        self._policy_stale = Gauge(
            "sekisho_policy_stale",
            "1 while the newest policies are refused and older ones are active.",
            ("role",),
            registry=self.registry,
        )
        self._policy_revision = Info(
            "sekisho_policy", "The active revision.", ("role",), registry=self.registry
        )
        self._policy_trials = Counter(
            "sekisho_policy_trials_total",
            "Decisions of the candidate policies compared with the live ones, by difference.",
            ("change",),
            registry=self.registry,
        )
        self._quota_warnings = Counter(
            "sekisho_quota_warnings_total",
            "Requests after which a quota was used up to its warn_at.",
            ("quota",),
            registry=self.registry,
        )
        self._harvests = Counter(
            "sekisho_harvest_over_total",
            "Requests of keys that sent more different prompts to a model than its harvest setting allows.",
            ("model",),
            registry=self.registry,
        )
        self._provenance = Gauge(
            "sekisho_provenance",
            "1 for a deployment's status against its signed record, 0 for the others.",
            ("deployment", "state"),
            registry=self.registry,
            multiprocess_mode="livemax",
        )
        self._background_failures = Counter(
            "sekisho_background_failures_total",
            "Rounds of background tasks that failed.",
            ("task",),
            registry=self.registry,
        )
        self._background_failing = Gauge(
            "sekisho_background_failing",
            "Processes in which the last round of a background task failed.",
            ("task",),
            registry=self.registry,
            # "live": processes that have ended do not count.
            multiprocess_mode="livesum",
        )
        self._connections_closed = Counter(
            "sekisho_connections_closed_total",
            "Client connections closed because of a limit, by reason.",
            ("reason",),
            registry=self.registry,
        )
        self.in_flight = Gauge(
            "sekisho_requests_under_way",
            "Requests in flight.",
            registry=self.registry,
            multiprocess_mode="livesum",
        )

    def observe(self, exchange: Exchange, outcome: Outcome, seconds: float) -> None:
        """Count one finished request; ``seconds`` is its wall time."""
        self._requests.labels(exchange.operation, outcome.kind, outcome.code or "").inc()
        self._seconds.labels(exchange.operation).observe(seconds)
        # The wall clock may have been set back while the request ran.
        overhead = max(0.0, seconds - exchange.upstream_seconds)
        self._overhead.labels(exchange.operation).observe(overhead)
        if exchange.attempt is not None:
            for entity, count in exchange.attempt.redactions.items():
                self._redactions.labels(entity).inc(count)
        for entity, count in exchange.reply.generated.items():
            self._generated.labels(entity).inc(count)
        self._observe_quotas(exchange.quota)
        if exchange.trial is not None:
            self._policy_trials.labels(exchange.trial.change).inc()
        self._placeholders.labels("restored").inc(exchange.reply.restored)
        self._placeholders.labels("unrestored").inc(exchange.reply.unrestored)

    def _observe_quotas(self, use: QuotaUse) -> None:
        for status in use.statuses:
            if status.warn:
                self._quota_warnings.labels(status.quota).inc()
        for model, state in use.harvest.items():
            if state == "over":
                self._harvests.labels(model).inc()

    def detector_waited(self, seconds: float) -> None:
        """Note how long a call of the detectors waited for a process."""
        self._detector_wait.observe(seconds)

    def policy_swapped(self, role: str, revision: str) -> None:
        """A revision is active. ``role`` is ``live`` or ``candidate``."""
        self._policy_changes.labels(role, "swapped").inc()
        self._policy_stale.labels(role).set(0)
        self._policy_revision.labels(role).info({"revision": revision})

    def policy_refused(self, role: str) -> None:
        """A newer revision has faults; the active one stays."""
        self._policy_changes.labels(role, "refused").inc()
        self._policy_stale.labels(role).set(1)

    def proven(self, deployment: str, state: ProofState) -> None:
        """A deployment's status against its signed record, as it is now."""
        # All of them, so that the previous state drops to 0.
        for each in get_args(ProofState):
            self._provenance.labels(deployment, each).set(each == state)

    def background_failed(self, task: str) -> None:
        """A round of a background task failed; it is tried again."""
        self._background_failures.labels(task).inc()
        self._background_failing.labels(task).set(1)

    def background_recovered(self, task: str) -> None:
        """A round succeeded after one that failed."""
        self._background_failing.labels(task).set(0)

    def connection_closed(self, reason: str) -> None:
        """Count a client connection that was closed because of a limit."""
        self._connections_closed.labels(reason).inc()

    def listed(self, which: str, entry: str, mode: str) -> None:
        """Count one value that an entry of a list names. All labels come from policy data."""
        self._listed.labels(which, entry, mode).inc()

    def render(self) -> bytes:
        """The text exposition format (https://prometheus.io/docs/instrumenting/exposition_formats/)."""
        return generate_latest(self.registry)
