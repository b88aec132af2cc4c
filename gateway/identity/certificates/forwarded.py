"""Client certificates that a trusted proxy has verified and forwards in a header.

Supported are Envoy's ``x-forwarded-client-cert``
(https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers#x-forwarded-client-cert), and the
percent-encoded PEM certificate that nginx (``$ssl_client_escaped_cert``,
https://nginx.org/en/docs/http/ngx_http_ssl_module.html#variables) and others send.
"""

import re
from ipaddress import IPv6Address, ip_address
from typing import Final
from urllib.parse import unquote

from gateway.errors import InvalidKey
from gateway.identity.certificates.certificate_info import read
from gateway.identity.credential import Headers, Peer
from gateway.settings.certificates import CertificateProxy

_MAX_HEADER_BYTES: Final = 65_536
# One `Key=value` of an element and what follows it. A quoted value may hold separators and escaped quotes. The
# alternatives start with different characters, so that no input makes the match backtrack exponentially.
_PAIR: Final = re.compile(
    r"""\s*(?P<key>[A-Za-z]+)=(?P<value>"(?:[^"\\]|\\.)*"|[^",;]*)(?P<end>[;,]|\Z)"""
)
_SEPARATORS: Final = frozenset(',;"')
_REPEATED: Final = frozenset({"by", "uri", "dns"})
"""Keys that may be repeated in an element: once for each name in the certificate."""


class ForwardedCertificates:
    """Finds the client certificate of a request when trusted proxies are configured.

    Args:
        settings: the addresses of the proxies, and the name and format of their header.
    """

    def __init__(self, settings: CertificateProxy) -> None:
        self._networks = settings.addresses
        self._header = settings.header.encode()
        self._form = settings.form

    def certificate(self, headers: Headers, peer: Peer) -> str | None:
        """The certificate in PEM: from the header of a trusted proxy, or else from the TLS handshake.

        The proxy's own certificate is not used: it identifies the proxy, not the caller behind it.

        Raises:
            InvalidKey: the header was sent by anyone else, was sent twice, or can't be read.
        """
        header_values = [value for name, value in headers if name == self._header]
        if not self._trusts(peer.address):
            if header_values:
                raise self._refusal("is accepted from the configured proxies only")
            return peer.certificate  # a direct client, without a proxy in between
        if len(header_values) > 1 or any(len(value) > _MAX_HEADER_BYTES for value in header_values):
            raise self._refusal("was sent twice, or is too long")
        value = header_values[0].decode("latin-1").strip() if header_values else ""
        if not value:
            return None
        # unquote, not unquote_plus: proxies that leave the "+" of
        # base64 unescaped mean a plus sign.
        return unquote(value) if self._form == "pem" else self._nearest(value)

    def _trusts(self, address: str) -> bool:
        try:
            host = ip_address(address)
        except ValueError:
            return False
        # A dual-stack socket reports IPv4 clients as ::ffff:a.b.c.d, which is in no IPv4 network.
        if isinstance(host, IPv6Address) and host.ipv4_mapped is not None:
            host = host.ipv4_mapped
        return any(host in network for network in self._networks)

    def _nearest(self, value: str) -> str:
        """The certificate in the last element, which the nearest proxy appended.

        The elements before it came with the request, so anyone may have written them. Envoy writes the URIs and DNS
        names of a certificate unescaped, after the certificate itself: a name with a comma in it would begin an
        element under the control of its holder. Therefore no certificate in the header may have such a name.
        """
        certificates = [unquote(element.get("cert", "")) for element in _elements(value)]
        if not certificates or not all(certificates):
            raise self._refusal("can't be read, or has an element without Cert")
        if any(map(_has_separator, certificates)):
            raise self._refusal(
                "has a certificate with a separator (comma, semicolon, quote) in a name"
            )
        return certificates[-1]

    def _refusal(self, fault: str) -> InvalidKey:
        name = self._header.decode()
        return InvalidKey(f"The header {name} {fault}.", param=name)


def _has_separator(pem: str) -> bool:
    """Whether a URI or DNS name in a certificate contains a separator of the header."""
    # Envoy always quotes the subject, so it may hold separators.
    return any(kind != "subject" and _SEPARATORS & set(name) for kind, name in read(pem).names)


def _elements(value: str) -> list[dict[str, str]]:
    """The elements of the header, keys in lower case; an empty list when it is malformed."""
    elements: list[dict[str, str]] = []
    at, end = 0, ","
    # The end is "," after an element, ";" after a pair, and empty at the end of the header.
    while end:
        if end == ",":
            elements.append({})
        pair = _PAIR.match(value, at)
        if pair is None:
            return []
        key, end, at = pair["key"].lower(), pair["end"], pair.end()
        if key in elements[-1] and key not in _REPEATED:
            return []
        # Repeated keys are names, which are read from Cert instead.
        elements[-1][key] = pair["value"].strip('"')
    return elements
