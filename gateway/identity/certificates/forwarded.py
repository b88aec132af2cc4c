"""Certificates that a trusted proxy has checked and passes on in a header.

Envoy's ``x-forwarded-client-cert``
(https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers#x-forwarded-client-cert), and the
certificate in PEM, percent-encoded, as nginx (``$ssl_client_escaped_cert``,
https://nginx.org/en/docs/http/ngx_http_ssl_module.html#variables) and others have it.
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
_PAIR: Final = re.compile(
    r"""\s*(?P<key>[A-Za-z]+)=(?P<value>"(?:[^"\\]|\\.)*"|[^",;]*)(?P<end>[;,]|\Z)"""
)
_SEPARATORS: Final = frozenset(',;"')
_REPEATED: Final = frozenset({"by", "uri", "dns"})
"""Keys that may come more than once in an element: one for each name in the certificate."""


class Forwarded:
    """Which certificate a request comes with, where proxies are trusted.

    Args:
        settings: the proxies, and how they tell.
    """

    def __init__(self, settings: CertificateProxy) -> None:
        self._networks = settings.addresses
        self._header = settings.header.encode()
        self._form = settings.form

    def certificate(self, headers: Headers, peer: Peer) -> str | None:
        """The certificate in PEM: what a proxy's header says, or what anyone else has shown to our own listener.

        A proxy's own certificate proves the proxy and nobody behind it.

        Raises:
            InvalidKey: the header comes from someone else, comes twice, or can't be read.
        """
        told = [value for name, value in headers if name == self._header]
        if not self._trusts(peer.address):
            if told:
                raise self._refusal("is believed from the proxies that are configured alone")
            return peer.certificate
        if len(told) > 1 or any(len(value) > _MAX_HEADER_BYTES for value in told):
            raise self._refusal("is given twice, or is too long")
        value = told[0].decode("latin-1").strip() if told else ""
        if not value:
            return None
        return unquote(value) if self._form == "pem" else self._nearest(value)

    def _trusts(self, address: str) -> bool:
        try:
            host = ip_address(address)
        except ValueError:
            return False
        if isinstance(host, IPv6Address) and host.ipv4_mapped is not None:
            host = host.ipv4_mapped
        return any(host in network for network in self._networks)

    def _nearest(self, value: str) -> str:
        """The certificate in the element of the nearest proxy, which comes last.

        Those before it were there when the request came to that proxy: anyone may have written them. But Envoy writes
        the URIs and hosts of a certificate as they are, after the certificate itself: one with a comma in it would
        begin an element that its holder has written. So none in the whole header may have such a name.
        """
        certificates = [unquote(element.get("cert", "")) for element in _elements(value)]
        if not certificates or not all(certificates):
            raise self._refusal("can't be read, or has an element without Cert")
        if any(map(_separates, certificates)):
            raise self._refusal("has a certificate whose names could be read as more than names")
        return certificates[-1]

    def _refusal(self, fault: str) -> InvalidKey:
        name = self._header.decode()
        return InvalidKey(f"The header {name} {fault}.", param=name)


def _separates(pem: str) -> bool:
    """Whether a URI or host in a certificate has what separates elements and their parts."""
    return any(kind != "subject" and _SEPARATORS & set(name) for kind, name in read(pem).names)


def _elements(value: str) -> list[dict[str, str]]:
    """The elements of the header, by their keys in lower case; none when it is malformed."""
    elements: list[dict[str, str]] = []
    at, end = 0, ","
    while end:
        if end == ",":
            elements.append({})
        pair = _PAIR.match(value, at)
        if pair is None:
            return []
        key, end, at = pair["key"].lower(), pair["end"], pair.end()
        if key in elements[-1] and key not in _REPEATED:
            return []
        elements[-1][key] = pair["value"].strip('"')
    return elements
