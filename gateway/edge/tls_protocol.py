"""HTTP/1.1 that tells applications which certificate a client has proven to hold.

As the ASGI TLS extension has it (https://asgi.readthedocs.io/en/latest/specs/tls.html), which uvicorn does not serve.
"""

import asyncio
import ssl

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class TlsInfoProtocol(HttpToolsProtocol):
    """One connection."""

    _tls: dict[object, object] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Learn what the handshake has proven: nothing changes it afterwards."""
        super().connection_made(transport)
        handshake = transport.get_extra_info("ssl_object")
        self._tls = None if handshake is None else _extension(handshake)

    def on_message_begin(self) -> None:
        """Put it in the scope of each request."""
        super().on_message_begin()
        if self._tls is not None:
            self.scope["extensions"] = {"tls": dict(self._tls)}


def _extension(handshake: ssl.SSLObject) -> dict[object, object]:
    """Of the client's chain the first certificate alone: Python tells no other before 3.13."""
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
