"""The guarded connector: a session that can reach one deployment and nothing else."""

import ipaddress
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp

from gateway.destination import Destination, normal_host
from gateway.errors import AddressRefused
from gateway.settings import Timeouts
from gateway.upstream.addresses import permitted
from gateway.upstream.resolver import GuardedResolver

_REFUSED = "The destination is not permitted: policy or its address forbids it. Nothing was sent."


class GuardedConnector(aiohttp.TCPConnector):
    """Connects to one destination, after checking its host, every address, and the socket itself.

    aiohttp asks no resolver for IP literals, so the host is checked where a connection is asked for, and the address
    once more where its socket is made.

    Args:
        allowed: the only scheme, host and port.
        private: whether private and loopback addresses are meant.
        refused_host: policy's word on a host name.
        tls: verifies the upstream's certificate for the original host name.
    """

    def __init__(
        self,
        allowed: Destination,
        *,
        private: bool,
        refused_host: Callable[[str], bool],
        tls: ssl.SSLContext,
        resolver: GuardedResolver | None = None,
    ) -> None:
        super().__init__(
            resolver=resolver or GuardedResolver(private=private, refused_host=refused_host),
            use_dns_cache=False,
            ssl=tls,
            limit=0,
            socket_factory=self._socket,
        )
        self._allowed = allowed
        self._private = private
        self._refused_host = refused_host

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Any],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  # aiohttp names it
    ) -> aiohttp.connector.Connection:
        """A connection to the allowed destination.

        Raises:
            AddressRefused: the request is for another destination, or this one is not permitted.
        """
        asked = (req.url.scheme, normal_host(req.url.raw_host or ""), req.url.port)
        allowed = (self._allowed.scheme, self._allowed.host, self._allowed.port)
        literal = _is_literal(self._allowed.host)
        if (
            asked != allowed
            or req.proxy is not None
            or self._refused_host(self._allowed.host)
            or (literal and not permitted(self._allowed.host, private=self._private))
        ):
            raise AddressRefused(_REFUSED, fallback=False)
        return await super().connect(req, traces, timeout)

    def _socket(self, info: aiohttp.connector.AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = info
        if not permitted(str(address[0]), private=self._private):
            raise AddressRefused(_REFUSED, fallback=False)
        return socket.socket(family=family, type=kind, proto=protocol)


def guarded_session(connector: GuardedConnector, timeouts: Timeouts) -> aiohttp.ClientSession:
    """A session over the connector: no proxies from the environment, no cookies, no decompression."""
    return aiohttp.ClientSession(
        connector=connector,
        trust_env=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(
            total=timeouts.total, sock_connect=timeouts.connect, sock_read=None
        ),
        read_bufsize=2**16,
    )


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Verification against the deployment's CA bundle, or the system's."""
    context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
