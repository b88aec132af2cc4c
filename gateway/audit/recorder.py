"""Records how a request went: durable in the audit log first, then counted and logged.

No record, no service: when the log can't store a record, the caller gets ``AuditUnavailable`` instead of the reply.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

from gateway import timeouts
from gateway.audit.entry import AuditEntry, EntryKind
from gateway.audit.log import AuditLog
from gateway.errors import AuditUnavailable, SekishoError
from gateway.exchange import Exchange, Outcome, OutcomeKind
from gateway.telemetry.logs import exchange_fields, fault
from gateway.telemetry.metrics import Metrics

_SERVED = Outcome(kind="served", status=200)
# 499 is nginx's status for a client that closed the connection; no RFC defines one.
_DISCONNECTED = Outcome(
    kind="disconnected", status=499, code="client_disconnected", source="client"
)


def _now() -> datetime:
    return datetime.now(UTC)


class Recorder:
    """Writes audit entries, metrics and log lines from an :class:`Exchange`, which it only reads.

    Args:
        audit: the audit log.
        metrics: the counters.
        log: a structlog logger.
        now: the wall clock.
    """

    def __init__(
        self, audit: AuditLog, metrics: Metrics, log: Any, now: Callable[[], datetime] = _now
    ) -> None:
        self._audit = audit
        self._metrics = metrics
        self._log = log
        self._now = now
        self._next_unauthenticated_log = 0.0
        self._pending: set[asyncio.Task[None]] = set()

    async def attempt(self, exchange: Exchange) -> None:
        """Make the attempt durable, before its first upstream byte.

        Raises:
            AuditUnavailable: nothing may be sent.
        """
        await self._append(exchange, "attempt", None)

    async def attempt_failed(self, exchange: Exchange, error: SekishoError) -> None:
        """Make the failure of one attempt durable, before the next attempt begins.

        Raises:
            AuditUnavailable: there must be no next attempt.
        """
        await self._append(exchange, "outcome", outcome_of(error))

    async def served(self, exchange: Exchange) -> None:
        """Make the outcome durable, before the last frame reaches the caller.

        Raises:
            AuditUnavailable: the last frame must not be sent.
        """
        # The record before the metric: what could not be recorded was not served.
        await self._append_end(exchange, _SERVED)
        self.observe(exchange, _SERVED)

    async def failed(self, exchange: Exchange, error: SekishoError) -> SekishoError:
        """Make the refusal or failure durable; returns the error that the caller must get.

        That is ``error`` itself, or ``AuditUnavailable`` when the log can't store the record.
        """
        try:
            await self._append_end(exchange, outcome_of(error))
        except AuditUnavailable as unavailable:
            error = unavailable
        self.observe(exchange, outcome_of(error))
        return error

    def connection_closed(self, reason: str) -> None:
        """Count a connection that was closed because of a limit; the log is bounded."""
        self._metrics.connection_closed(reason)
        if self._may_log_unauthenticated():
            self._log.info("connection_closed", reason=reason)

    def in_flight(self) -> AbstractContextManager[None]:
        """Count a request as in flight while the context is entered."""
        return self._metrics.in_flight.track_inprogress()

    def disconnected(self, exchange: Exchange) -> None:
        """The caller disconnected: the record is written by a task, for which :meth:`drain` waits."""
        task = asyncio.get_running_loop().create_task(self._disconnect(exchange))
        # asyncio refers to tasks weakly: without this one, it could be collected before it ends.
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    async def drain(self) -> None:
        """Wait for the records of callers that disconnected."""
        await asyncio.gather(*self._pending, return_exceptions=True)

    async def admin_operation(self, exchange: Exchange, outcome: Outcome | None = None) -> None:
        """Make an admin operation durable: before it runs, without an outcome, and after it, with one.

        Raises:
            AuditUnavailable: it must not run, or must not be answered.
        """
        await self._append(exchange, "admin", outcome)
        if outcome is not None:
            self.observe(exchange, outcome)

    def fault(self, error: Exception) -> SekishoError:
        """Log where an unexpected exception came from; returns the refusal for the caller."""
        self._log.error("fault", **fault(error))
        return SekishoError("Internal error: the request was refused.")

    async def _disconnect(self, exchange: Exchange) -> None:
        try:
            await self._append_end(exchange, _DISCONNECTED)
        except AuditUnavailable as error:
            self._log.error("audit_unavailable", request_id=exchange.request_id, **fault(error))
        self.observe(exchange, _DISCONNECTED)

    def observe(self, exchange: Exchange, outcome: Outcome) -> None:
        """Count and log a request. Refusals of callers that did not authenticate, and lists of models, leave nothing else."""
        seconds = time.time() - exchange.started
        self._metrics.observe(exchange, outcome, seconds)
        if exchange.principal is not None or self._may_log_unauthenticated():
            self._log.info("request", **exchange_fields(exchange, outcome, seconds))

    def _may_log_unauthenticated(self) -> bool:
        """At most one line a second for callers that did not authenticate; all are counted."""
        now = time.monotonic()
        if now < self._next_unauthenticated_log:
            return False
        self._next_unauthenticated_log = now + timeouts.UNAUTHENTICATED_LOG
        return True

    async def _append_end(self, exchange: Exchange, outcome: Outcome) -> None:
        if exchange.principal is None:
            # Only counted: otherwise anyone could fill the log by failing to authenticate.
            return
        answered = exchange.attempt is not None or outcome.kind == "served"
        await self._append(exchange, "outcome" if answered else "refusal", outcome)

    async def _append(self, exchange: Exchange, kind: EntryKind, outcome: Outcome | None) -> None:
        entry = AuditEntry.of(exchange, kind, self._now(), outcome)
        await self._audit.append(entry, exchange.facts.canonical if exchange.facts else None)


def outcome_of(error: SekishoError) -> Outcome:
    """How an error ends a request: ``denied`` when the caller or a rule caused it, else ``failed``."""
    kind: OutcomeKind = "denied" if error.source in ("client", "policy") else "failed"
    return Outcome(
        kind=kind, status=error.status, code=error.code, source=error.source, cause=error.cause
    )
