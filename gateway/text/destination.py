"""The destination of a URL: the host that a connection would use, whatever the spelling.

Policy decides about the destination and the connector allows no other, so both must parse a URL in the same way. A URL
that parsers disagree on is refused.
"""

import ipaddress
import re
import socket
import unicodedata
from dataclasses import dataclass
from urllib.parse import urlsplit

import idna

_PORTS = {"http": 80, "https": 443}
# urlsplit strips some of these, and browsers and libraries read a backslash as "/": the host would depend on the parser.
_AMBIGUOUS = re.compile(r"[\s\x00-\x20\\]")
_NUMERIC_LABEL = re.compile(r"(?:[0-9]+|0[xX][0-9a-fA-F]*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """The parts of a URL. ``host`` is lower-case, in A-labels (IDNA 2008 with UTS 46) and without a final dot."""

    scheme: str
    host: str
    port: int
    path: str
    userinfo: bool
    """Whether the URL carried a user name or password: never sent, and refused in configuration."""

    @property
    def origin(self) -> str:
        """Scheme, host and port as a URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def destination(url: str) -> Destination:
    """Parse an absolute http or https URL.

    Raises:
        ValueError: it is not one, or is ambiguous.
    """
    if _AMBIGUOUS.search(url):
        raise ValueError("a URL must not hold white space, control characters or backslashes")
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.netloc:
        raise ValueError("an absolute http or https URL is needed")
    if parts.query or parts.fragment:
        raise ValueError("a base URL must not have a query or a fragment")
    return Destination(
        scheme=parts.scheme,
        host=normal_host(parts.hostname or ""),
        port=_PORTS[parts.scheme] if parts.port is None else parts.port,
        path=parts.path.rstrip("/"),
        userinfo="@" in parts.netloc,
    )


def normal_host(host: str) -> str:
    """The canonical spelling of a host name or address.

    IPv4 addresses in octal, hexadecimal or with fewer parts become dotted quads, as ``inet_aton`` parses them. IPv6 is
    compressed, and an IPv4-mapped address becomes its IPv4 address.

    Raises:
        ValueError: it is neither a name nor an address.
    """
    address = _address(host)
    if address is not None:
        return address
    try:
        name = idna.encode(host.lower(), uts46=True).decode().removesuffix(".")
    except idna.IDNAError:
        raise ValueError("the host is not a valid name") from None
    # UTS 46 folds full-width digits, so that a name may have become an address.
    return _address(name) or name


def is_subdomain(host: str, suffix: str) -> bool:
    """Whether ``host`` is ``suffix`` or below it, label by label: ``evil-x.com`` is not below ``x.com``."""
    return host == suffix or host.endswith(f".{suffix}")


def provider_name(provider: str) -> str:
    """The canonical spelling of a provider that a router may choose; ``""`` when nothing is left of it.

    Routers accept slugs (``deepinfra/fp8``, ``google-vertex``) and report display names (``DeepInfra``, ``Google Vertex``): letters
    and digits are compared, whatever their case and width, without the variant of a slug.
    """
    slug = unicodedata.normalize("NFKC", provider).partition("/")[0]
    return "".join(filter(str.isalnum, slug.casefold()))


def _address(host: str) -> str | None:
    if ":" in host:
        address = ipaddress.IPv6Address(host.partition("%")[0])
        return str(address.ipv4_mapped or address)
    last = host.removesuffix(".").rpartition(".")[2]
    if not host.isascii() or not _NUMERIC_LABEL.match(last):
        return None
    try:
        return socket.inet_ntoa(socket.inet_aton(host.removesuffix(".")))
    except OSError:
        raise ValueError("the host ends like an address but is none") from None
