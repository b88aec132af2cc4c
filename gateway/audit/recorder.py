"""The ends of a request: made durable in the audit log first, then counted and logged.

No record, no service: when the log can't take a record, ``AuditUnavailable`` reaches the caller in place
of whatever the request would have got.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

from gateway import timeouts
from gateway.audit.log import AuditLog
from gateway.audit.record import entry
from gateway.errors import AuditUnavailable, SekishoError
from gateway.exchange import EntryKind, Exchange, Outcome, OutcomeKind
from gateway.telemetry.logs import exchange_fields, fault
from gateway.telemetry.metrics import Metrics

_DISCONNECTED = Outcome(
    kind="disconnected", status=499, code="client_disconnected", source="client"
)


def _now() -> datetime:
    return datetime.now(UTC)


class Recorder:
    """Writes what an :class:`Exchange` says, at the three moments where the log must know.

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
        await self._audit.append(entry(exchange, "attempt", self._now()), exchange.facts)

    async def attempt_failed(self, exchange: Exchange, error: SekishoError) -> None:
        """Make the failure of one attempt durable, before the next attempt begins."""
        exchange.outcome = outcome_of(error)
        await self._audit.append(entry(exchange, "outcome", self._now()))
        exchange.outcome = None

    async def served(self, exchange: Exchange) -> None:
        """Make the outcome durable, before the last frame reaches the caller.

        Raises:
            AuditUnavailable: the last frame must not be sent.
        """
        exchange.outcome = Outcome(kind="served", status=200)
        await self._append_end(exchange)
        self._observe(exchange)

    async def failed(self, exchange: Exchange, error: SekishoError) -> SekishoError:
        """Make the refusal or failure durable; gives back the error that the caller must get.

        That is ``error`` itself, or ``AuditUnavailable`` when the log can't take the record.
        """
        try:
            exchange.outcome = outcome_of(error)
            await self._append_end(exchange)
        except AuditUnavailable as unavailable:
            error = unavailable
            exchange.outcome = outcome_of(unavailable)
        self._observe(exchange)
        return error

    def in_flight(self) -> AbstractContextManager[None]:
        """Counts a request as under way, for as long as it is entered."""
        return self._metrics.in_flight.track_inprogress()

    def disconnected(self, exchange: Exchange) -> None:
        """The caller has gone: the record is written all the same, by a task that nobody awaits."""
        task = asyncio.get_running_loop().create_task(self._disconnect(exchange))
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    async def drain(self) -> None:
        """Wait for the records of callers that have gone."""
        await asyncio.gather(*self._pending, return_exceptions=True)

    async def admin_operation(self, exchange: Exchange) -> None:
        """Make an administrative act durable: before it is done (no outcome yet), and its end.

        Raises:
            AuditUnavailable: it must not be done, or not be answered.
        """
        await self._audit.append(entry(exchange, "admin", self._now()))
        if exchange.outcome is not None:
            self._observe(exchange)

    def fault(self, error: Exception) -> SekishoError:
        """Log where an unexpected exception came from; the refusal that stands for it."""
        self._log.error("fault", **fault(error))
        return SekishoError("The gateway met a fault of its own and refused the request.")

    async def _disconnect(self, exchange: Exchange) -> None:
        exchange.outcome = _DISCONNECTED
        try:
            await self._append_end(exchange)
        except AuditUnavailable as error:
            self._log.error("audit_unavailable", request_id=exchange.request_id, **fault(error))
        self._observe(exchange)

    def _observe(self, exchange: Exchange) -> None:
        seconds = time.time() - exchange.started
        self._metrics.observe(exchange, seconds)
        if exchange.principal is not None or self._may_log_unauthenticated():
            self._log.info("request", **exchange_fields(exchange, seconds))

    def _may_log_unauthenticated(self) -> bool:
        """At most one line a second for callers that did not authenticate; all are counted."""
        now = time.monotonic()
        if now < self._next_unauthenticated_log:
            return False
        self._next_unauthenticated_log = now + timeouts.UNAUTHENTICATED_LOG
        return True

    async def _append_end(self, exchange: Exchange) -> None:
        if exchange.principal is None:
            # Anyone can fail to authenticate: counted, so that nobody fills the log from outside.
            return
        served = exchange.outcome is not None and exchange.outcome.kind == "served"
        kind: EntryKind = "outcome" if exchange.attempts or served else "refusal"
        await self._audit.append(entry(exchange, kind, self._now()), exchange.facts)


def outcome_of(error: SekishoError) -> Outcome:
    """How an error ends a request: what the caller or a rule caused is denied, the rest failed."""
    kind: OutcomeKind = "denied" if error.source in ("client", "policy") else "failed"
    return Outcome(kind=kind, status=error.status, code=error.code, source=error.source)
