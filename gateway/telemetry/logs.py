"""Structured logs: JSON lines on standard error, one canonical line per request.

Logging is an allow-list: :func:`exchange_fields` names each field that a request leaves in the log.
Nothing else of a request is passed to a logger, and exceptions are logged by type and location, not
by message, since messages of libraries quote their input.
"""

import logging
import sys
import traceback
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog

from gateway.exchange import Exchange, Outcome

_THIRD_PARTY = ("presidio-analyzer", "aiohttp", "asyncio", "uvicorn", "httpx")


class _StandardError:
    """Standard error, looked up at each write.

    When it is closed, the line is lost: a log call that raises would stop the task that makes it. What must not be
    lost is in the audit log.
    """

    def write(self, line: str) -> int:
        # ValueError: the stream is closed.
        with suppress(OSError, ValueError):
            return sys.stderr.write(line)
        return 0

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.flush()


def configure(level: str) -> None:
    """Set up structlog for the process, and silence the loggers of libraries."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=cast(TextIO, _StandardError())),
        cache_logger_on_first_use=True,
    )
    for name in _THIRD_PARTY:
        # Their messages may quote the text that they process.
        logging.getLogger(name).setLevel(logging.CRITICAL)


def fault(error: BaseException) -> dict[str, str]:
    """An unexpected exception's type and innermost frame, never its message."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else ""
    return {"error_type": type(error).__name__, "where": where}


def exchange_fields(exchange: Exchange, outcome: Outcome, seconds: float) -> dict[str, Any]:
    """The fields of a request's one canonical log line.

    Args:
        exchange: the request.
        outcome: how it ended.
        seconds: wall time from the first byte to the end of the reply.
    """
    principal, decision = exchange.principal, exchange.decision
    attempt, reply = exchange.attempt, exchange.reply
    return {
        "request_id": exchange.request_id,
        "operation": exchange.operation,
        "model": exchange.model,
        "tenant": principal.tenant if principal else "",
        "app": principal.app if principal else "",
        "credential": principal.credential_id if principal else "",
        "decision": decision.id if decision else "",
        # Abbreviated for reading; the audit log has the whole revision.
        "revision": decision.revision[:12] if decision else "",
        "deployment": attempt.deployment.name if attempt else "",
        "attempts": attempt.number if attempt else 0,
        "redactions": dict(attempt.redactions) if attempt else {},
        "invented": dict(reply.generated),
        "restored": reply.restored,
        "unrestored": reply.unrestored,
        "outcome": outcome.kind,
        "status": outcome.status,
        "code": outcome.code or "",
        "cause": outcome.cause,
        "seconds": round(seconds, 4),
        "upstream_seconds": round(exchange.upstream_seconds, 4),
    }
