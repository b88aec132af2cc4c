"""Why a connection to a model server failed: the error for the caller, and its cause for the log and the record."""

import ssl
from typing import Final, Literal, TypeAlias

import aiohttp

from gateway.errors import UpstreamError, UpstreamFailed, UpstreamTimeout
from gateway.upstream.transport.resolver import ResolveTimeout

Cause: TypeAlias = Literal[
    "name_not_resolved",
    "name_timeout",
    "connection_refused",
    "tls_failed",
    "proxy_failed",
    "not_reachable",
    "connect_timeout",
    "read_timeout",
    "connection_reset",
    "connection_closed",
    "protocol_error",
]
"""The causes: fixed words, so that no host, address or text of a server is recorded with them."""

_NOT_REACHED: Final = "The model server could not be reached."
_LOST: Final = "The connection to the model server was lost."
_LATE: Final = "The model server did not answer in time."
_CONNECTING: Final = frozenset(
    {"name_not_resolved", "connection_refused", "tls_failed", "proxy_failed", "not_reachable"}
)

# The first that fits: aiohttp's classes are subclasses of each other and of OSError, and some time-outs are both.
_OUTER: Final[tuple[tuple[tuple[type[BaseException], ...], Cause], ...]] = (
    ((aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError), "proxy_failed"),
    ((aiohttp.ClientConnectorDNSError,), "name_not_resolved"),
    ((aiohttp.ClientSSLError, ssl.SSLError), "tls_failed"),
    ((aiohttp.ClientResponseError,), "protocol_error"),
    ((ResolveTimeout,), "name_timeout"),
    ((aiohttp.ConnectionTimeoutError,), "connect_timeout"),
)


def connection_error(error: BaseException, *, fallback: bool) -> UpstreamError:
    """The error for a failed connection, with its ``cause``.

    Args:
        error: as aiohttp, the resolver or a time-out raised it.
        fallback: whether another deployment may be tried.
    """
    cause = cause_of(error)
    if cause.endswith("timeout"):
        failed: UpstreamError = UpstreamTimeout(_LATE, fallback=fallback)
    else:
        failed = UpstreamFailed(_NOT_REACHED if cause in _CONNECTING else _LOST, fallback=fallback)
    failed.cause = cause
    return failed


def cause_of(error: BaseException) -> Cause:
    """The cause of a failed connection."""
    inner = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    return next(
        (cause for kinds, cause in _OUTER if isinstance(error, kinds)),
        _of_connecting(inner) if inner is not error else _of_connected(error),
    )


def _of_connecting(error: BaseException) -> Cause:
    if isinstance(error, TimeoutError):  # ETIMEDOUT
        return "connect_timeout"
    return "connection_refused" if isinstance(error, ConnectionRefusedError) else "not_reachable"


def _of_connected(error: BaseException) -> Cause:
    if isinstance(error, TimeoutError):
        return "read_timeout"
    return "connection_reset" if isinstance(error, OSError) else "connection_closed"
