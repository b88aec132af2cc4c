"""The addresses to which connections are permitted: protection against server-side request forgery."""

import ipaddress
from typing import TypeAlias

from gateway.settings.deployments import Reach

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_METADATA = frozenset(
    map(
        ipaddress.ip_address,
        ("169.254.169.254", "fd00:ec2::254", "168.63.129.16", "100.100.100.200"),
    )
)
"""Metadata services, which hand out credentials (AWS, GCP and Azure; AWS over IPv6; Azure; Alibaba Cloud)."""


def is_permitted(text: str, reach: Reach) -> bool:
    """Whether a connection to the address may be made.

    Args:
        text: an IPv4 or IPv6 address, as a resolver returns it.
        reach: ``public``: only public addresses; ``private``: also private and loopback addresses, as for
            in-house deployments; ``link-local``: also link-local addresses.

    Metadata services, multicast, unspecified and reserved addresses are never permitted. An IPv6 address with an embedded IPv4
    address (mapped, 6to4, Teredo, NAT64) is judged by the latter.
    """
    try:
        # Without the scope id (fe80::1%eth0): with it, an address equals no other.
        address = _embedded_ipv4(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return False
    # Before the ranges: metadata services have link-local, private and even public addresses.
    if address in _METADATA or address.is_multicast:
        return False
    if address.is_unspecified or str(address) == "255.255.255.255":
        return False
    if address.is_link_local:
        return reach == "link-local"
    if address.is_loopback or (address.is_private and not address.is_reserved):
        return reach != "public"
    return address.is_global


def _embedded_ipv4(address: Address) -> Address:
    """The IPv4 address to which a gateway of the network would forward, else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    # The addresses of the server and of the client (RFC 4380, section
    # 4): traffic goes to the latter.
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)
