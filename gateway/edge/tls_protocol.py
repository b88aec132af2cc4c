"""HTTP/1.1 with the ASGI TLS extension, which passes the client's verified certificate to the application.

The extension is specified at https://asgi.readthedocs.io/en/latest/specs/tls.html; uvicorn does not implement it.
"""

import asyncio
import ssl

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class TlsInfoProtocol(HttpToolsProtocol):
    """One connection."""

    _tls: dict[object, object] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Read the result of the handshake once: it does not change during the connection."""
        super().connection_made(transport)
        handshake = transport.get_extra_info("ssl_object")
        self._tls = None if handshake is None else _extension(handshake)

    def on_message_begin(self) -> None:
        """Add the extension to the scope of each request."""
        super().on_message_begin()
        if self._tls is not None:
            self.scope["extensions"] = {
                "tls": dict(self._tls)
            }  # a copy: the application may change its scope


def _extension(handshake: ssl.SSLObject) -> dict[object, object]:
    """The extension. The chain holds the client's own certificate only: Python exposes no others before 3.13."""
    peer_certificate = handshake.getpeercert(binary_form=True)
    return {
        "server_cert": None,
        "client_cert_chain": [ssl.DER_cert_to_PEM_cert(peer_certificate)]
        if peer_certificate
        else [],
        "client_cert_name": None,
        "client_cert_error": None,
        "tls_version": None,
        "cipher_suite": None,
    }
