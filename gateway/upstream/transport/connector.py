"""The guarded connector: a session that can reach one deployment and nothing else."""

import base64
import hashlib
import ipaddress
import socket
import ssl
from collections.abc import Callable, Collection
from typing import Any, TypeAlias

import aiohttp
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway import timeouts
from gateway.errors import AddressRefused
from gateway.settings.deployments import DeploymentSettings, Reach, Timeouts
from gateway.text.destination import Destination, normal_host
from gateway.types import Reason
from gateway.upstream.transport.addresses import is_permitted
from gateway.upstream.transport.resolver import REFUSED, GuardedResolver, HostRefusal

_NOT_PINNED = "The server's public key matches none of the deployment's pins. Nothing was sent."
_NOT_RECORDED = (
    "The server's public key is not the one in the deployment's signed record. Nothing was sent."
)
ServerKeyCheck: TypeAlias = Callable[[str], tuple[Reason, ...] | None]
"""Given the pin of a server's public key, returns why nothing may be sent to it, or ``None``."""


class GuardedConnector(aiohttp.TCPConnector):
    """Connects to one destination, after checking its host, every address, the socket itself, and the server's key.

    aiohttp does not use the resolver for IP literals, so the host is checked when a connection is requested, and the address
    again when its socket is created: a name that resolves differently the second time (DNS rebinding) gains nothing. Through a
    proxy, the connection is made to the proxy. It resolves the host's name, so the addresses of that name are not checked here;
    the host name, the certificate and the key still are.

    Args:
        allowed: the only scheme, host and port.
        reach: the kinds of addresses that are permitted.
        host_refusal: why policy refuses a host name, if it does.
        tls: verifies the server's certificate for the original host name.
        proxy: the only proxy that requests may use; every request must then use it.
        pins: the server's public key must match one of them; an empty collection disables the check.
        check_server_key: why nothing may be sent to a server with this pin, which is ``""`` without TLS.
        resolver: replaces the default one.
    """

    def __init__(
        self,
        allowed: Destination,
        *,
        reach: Reach,
        host_refusal: HostRefusal,
        tls: ssl.SSLContext,
        proxy: str | None = None,
        pins: Collection[str] = (),
        check_server_key: ServerKeyCheck | None = None,
        resolver: GuardedResolver | None = None,
    ) -> None:
        # A company's proxy may have a private address, even for a public deployment.
        self._peer_reach: Reach = reach if proxy is None else "private"
        super().__init__(
            resolver=resolver or GuardedResolver(reach=self._peer_reach, host_refusal=host_refusal),
            use_dns_cache=False,  # every new connection checks the addresses and the policy again
            ssl=tls,
            limit=0,  # routing limits the number of requests
            keepalive_timeout=timeouts.UPSTREAM_IDLE,
            socket_factory=self._socket,
        )
        self._allowed = allowed
        self._reach = reach
        self._host_refusal = host_refusal
        self._proxy = proxy
        self._pins = frozenset(pins)
        self._check_server_key = check_server_key

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
        self._check(req)
        connection = await super().connect(req, traces, timeout)
        if self._pins or self._check_server_key is not None:
            self._verify_server_key(connection)
        return connection

    def _verify_server_key(self, connection: aiohttp.connector.Connection) -> None:
        """Close a connection to an unexpected server, before anything is sent on it."""
        # The check is called even where a pin refuses: it also records which key was presented.
        pin = spki_pin(_certificate(connection))
        reasons = None if self._check_server_key is None else self._check_server_key(pin)
        if self._pins and pin not in self._pins:
            connection.close()
            raise AddressRefused(_NOT_PINNED)
        if reasons is not None:
            connection.close()
            raise AddressRefused(_NOT_RECORDED, reasons=reasons)

    def _check(self, req: aiohttp.ClientRequest) -> None:
        # Also for pooled connections: ``connect`` is called for each request.
        request = (req.url.scheme, normal_host(req.url.raw_host or ""), req.url.port)
        allowed = (self._allowed.scheme, self._allowed.host, self._allowed.port)
        if (reasons := self._host_refusal(self._allowed.host)) is not None:
            raise AddressRefused(REFUSED, reasons=reasons)
        # aiohttp does not resolve a literal, so the resolver never sees it.
        literal = _is_literal(self._allowed.host)
        # yarl appends a slash to a URL without a path.
        proxy = None if req.proxy is None else str(req.proxy).rstrip("/")
        if (
            request != allowed
            or proxy != self._proxy
            or (literal and not is_permitted(self._allowed.host, self._reach))
        ):
            raise AddressRefused(REFUSED)

    def _socket(self, info: aiohttp.connector.AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = info
        if not is_permitted(str(address[0]), self._peer_reach):
            raise AddressRefused(REFUSED)
        return socket.socket(family=family, type=kind, proto=protocol)


def spki_pin(certificate: bytes | None) -> str:
    """The pin of a certificate's public key: ``sha256/`` and base64 (RFC 7469, 2.4); ``""`` without a certificate.

    Args:
        certificate: in DER.
    """
    if certificate is None:
        return ""
    key = x509.load_der_x509_certificate(certificate).public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"sha256/{base64.b64encode(hashlib.sha256(spki).digest()).decode()}"


def _certificate(connection: aiohttp.connector.Connection) -> bytes | None:
    transport = connection.transport
    tls = None if transport is None else transport.get_extra_info("ssl_object")
    return None if tls is None else tls.getpeercert(binary_form=True)


def guarded_session(connector: GuardedConnector, timeouts: Timeouts) -> aiohttp.ClientSession:
    """A session over the connector: no proxies from the environment, no cookies, no decompression.

    Only connecting has a time-out here; :class:`ReadTimeout` limits the reply.
    """
    return aiohttp.ClientSession(
        connector=connector,
        trust_env=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=timeouts.connect),
        read_bufsize=2**16,
    )


def tls_context(settings: DeploymentSettings) -> ssl.SSLContext:
    """Verification against the deployment's CA bundle, or the system's; with the client certificate, if one is configured.

    Raises:
        OSError: a file can't be read or is malformed.
    """
    ca = settings.ca_file
    context = ssl.create_default_context(cafile=None if ca is None else str(ca))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.client_cert_file is not None and settings.client_key_file is not None:
        context.load_cert_chain(str(settings.client_cert_file), str(settings.client_key_file))
    return context


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
