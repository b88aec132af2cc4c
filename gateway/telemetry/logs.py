"""Structured logs: JSON lines on standard error, one canonical line per request.

Logging is an allow-list: :func:`exchange_fields` names each field that a request leaves in the log.
Nothing else of a request is ever handed to a logger, and exceptions are logged by type and place, not
by message, since messages of libraries quote their input.
"""

import logging
import sys
import traceback
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog

from gateway.exchange import Exchange

_THIRD_PARTY = ("presidio-analyzer", "aiohttp", "asyncio", "uvicorn", "httpx")


class _StandardError:
    """Standard error, as it is when a line is written.

    A reader that has gone costs the line, never the work that it told of: a log that raises would stop
    whatever task happened to write it. What must not be lost is in the audit log.
    """

    def write(self, line: str) -> int:
        with suppress(OSError, ValueError):
            return sys.stderr.write(line)
        return 0

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.flush()


def configure(level: str) -> None:
    """Set up structlog for the process; libraries that log by themselves are held to errors."""
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
        logging.getLogger(name).setLevel(logging.CRITICAL)


def fault(error: BaseException) -> dict[str, str]:
    """Where an unexpected exception came from: its type and innermost place, never its message."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else ""
    return {"error_type": type(error).__name__, "where": where}


def exchange_fields(exchange: Exchange, seconds: float) -> dict[str, Any]:
    """The fields of a request's one canonical log line.

    Args:
        exchange: the finished ledger.
        seconds: wall time from the first byte to the end of the reply.
    """
    principal, decision, outcome = exchange.principal, exchange.decision, exchange.outcome
    return {
        "request_id": exchange.request_id,
        "operation": exchange.operation,
        "model": exchange.model,
        "tenant": principal.tenant if principal else "",
        "app": principal.app if principal else "",
        "credential": principal.credential_id if principal else "",
        "decision": decision.id if decision else "",
        "revision": decision.revision[:12] if decision else "",
        "deployment": exchange.deployment.name if exchange.deployment else "",
        "attempts": exchange.attempts,
        "redactions": dict(exchange.redactions),
        "invented": dict(exchange.generated),
        "restored": exchange.restored,
        "unrestored": exchange.unrestored,
        "outcome": outcome.kind if outcome else "",
        "status": outcome.status if outcome else 0,
        "code": (outcome.code or "") if outcome else "",
        "seconds": round(seconds, 4),
        "upstream_seconds": round(exchange.upstream_seconds, 4),
    }
