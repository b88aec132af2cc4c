"""Why a connection to a model server failed."""

import errno
import ssl
from typing import Any

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from gateway.errors import UpstreamFailed, UpstreamTimeout
from gateway.upstream.transport.causes import cause_of, connection_error
from gateway.upstream.transport.resolver import ResolveTimeout

KEY = ConnectionKey("r1.internal", 443, True, True, None, None, None)


def connector(error: OSError, kind: Any = aiohttp.ClientConnectorError) -> Exception:
    made = kind(KEY, error)
    assert isinstance(made, Exception)
    return made


FAILURES = [
    (connector(OSError("no address for r1.internal"), aiohttp.ClientConnectorDNSError), "name_not_resolved"),
    (ResolveTimeout("r1.internal"), "name_timeout"),
    (connector(OSError(errno.ECONNREFUSED, "r1.internal")), "connection_refused"),
    (connector(OSError(errno.EHOSTUNREACH, "r1.internal")), "not_reachable"),
    (connector(OSError(errno.ETIMEDOUT, "r1.internal")), "connect_timeout"),
    (aiohttp.ConnectionTimeoutError("r1.internal"), "connect_timeout"),
    (TimeoutError(), "read_timeout"),
    (aiohttp.SocketTimeoutError("r1.internal"), "read_timeout"),
    (connector(ssl.SSLCertVerificationError(1, "r1.internal"), aiohttp.ClientConnectorCertificateError), "tls_failed"),
    (connector(ssl.SSLError(1, "r1.internal"), aiohttp.ClientConnectorSSLError), "tls_failed"),
    (ssl.SSLError(1, "r1.internal"), "tls_failed"),
    (connector(OSError(errno.ECONNREFUSED, "p"), aiohttp.ClientProxyConnectionError), "proxy_failed"),
    (aiohttp.ClientOSError(errno.ECONNRESET, "r1.internal"), "connection_reset"),
    (aiohttp.ClientConnectionResetError("r1.internal"), "connection_reset"),
    (ConnectionResetError(errno.ECONNRESET, "r1.internal"), "connection_reset"),
    (aiohttp.ServerDisconnectedError(), "connection_closed"),
    (aiohttp.ClientPayloadError("r1.internal"), "connection_closed"),
]  # fmt: skip


@pytest.mark.parametrize(("error", "cause"), FAILURES)
def test_B43_each_failure_has_its_cause_and_no_detail(error: Exception, cause: str) -> None:
    assert cause_of(error) == cause
    made = connection_error(error, fallback=True)
    assert (made.cause, made.fallback) == (cause, True)
    assert "r1.internal" not in made.message
    late = cause.endswith("_timeout")
    assert isinstance(made, UpstreamTimeout if late else UpstreamFailed)
    assert made.status == (504 if late else 502)


def test_B43_a_connection_that_never_was_is_not_called_lost() -> None:
    refused = connection_error(connector(OSError(errno.ECONNREFUSED, "")), fallback=True)
    lost = connection_error(aiohttp.ServerDisconnectedError(), fallback=False)
    assert "could not be reached" in refused.message
    assert "was lost" in lost.message
