"""The addresses to which connections are permitted: protection against server-side request forgery."""

import ipaddress
from typing import Final, TypeAlias

from gateway.settings.deployments import Reach
from gateway.upstream.transport.special_addresses import EMBEDDING, RANGES

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_WIDTH: Final[dict[Reach, int]] = {"public": 0, "private": 1, "link-local": 2}
_LOOPBACK: Final = ipaddress.IPv6Address("::1")
_TEREDO: Final = ipaddress.IPv6Network("2001::/32")
_ISATAP: Final = (0x0000_5EFE, 0x0200_5EFE)
"""The upper half of an interface identifier that ends with an IPv4 address (RFC 5214, section 6.1)."""


def is_permitted(text: str, reach: Reach) -> bool:
    """Whether a connection to the address may be made.

    Args:
        text: an IPv4 or IPv6 address, as a resolver returns it.
        reach: ``public``: only public addresses; ``private``: also private, shared and loopback addresses, as for
            in-house deployments; ``link-local``: also link-local addresses.

    Metadata services, multicast, unspecified, documentation and reserved addresses are never permitted. An IPv6 address that
    holds an IPv4 address (mapped, translated, compatible, NAT64, 6to4, Teredo, ISATAP) is judged by the latter.
    """
    try:
        # Without the scope id (fe80::1%eth0): with it, an address equals no other.
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return all(_within(each, reach) for each in destinations(address))


def _within(address: Address, reach: Reach) -> bool:
    least = next(each.reach for each in RANGES if address in each.network)
    return least is not None and _WIDTH[least] <= _WIDTH[reach]


def destinations(address: Address) -> tuple[Address, ...]:
    """Where traffic to the address may end: at an IPv4 address that it holds, or at itself."""
    if isinstance(address, ipaddress.IPv4Address) or address == _LOOPBACK:
        return (address,)
    bits = int(address)
    for network, shift, _ in EMBEDDING:
        if address in network:
            return (_ipv4(bits >> shift),)
    if address in _TEREDO:
        # The client's address, inverted (RFC 4380, section 4): traffic goes to it.
        return (_ipv4(~bits),)
    if (bits >> 32) & 0xFFFF_FFFF in _ISATAP:
        return address, _ipv4(bits)
    return (address,)


def _ipv4(bits: int) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(bits & 0xFFFF_FFFF)
