"""Special-purpose addresses: which of them a deployment may have, and where each row comes from.

Sources:

- IANA IPv4 Special-Purpose Address Registry, https://www.iana.org/assignments/iana-ipv4-special-registry
- IANA IPv6 Special-Purpose Address Registry, https://www.iana.org/assignments/iana-ipv6-special-registry
- metadata and credential services: each cloud, named in the row; a row too many refuses only an address that no model server has
"""

import ipaddress
from typing import Final, NamedTuple, TypeAlias

from gateway.settings.deployments import Reach

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


class SpecialRange(NamedTuple):
    """A range of addresses, and the least reach that permits it; ``None``: never."""

    network: Network
    reach: Reach | None
    purpose: str


_METADATA: Final = (
    # They hand out credentials, and some have private, link-local or even public addresses.
    ("169.254.169.254", "AWS, Azure, Google Cloud, Oracle, IBM, OpenStack, DigitalOcean"),
    ("169.254.170.2", "AWS: credentials of ECS tasks"),
    ("169.254.170.23", "AWS: credentials of EKS Pod Identity"),
    ("169.254.0.23", "Tencent Cloud"),
    ("169.254.42.42", "Scaleway"),
    ("100.100.100.200", "Alibaba Cloud"),
    ("168.63.129.16", "Azure: platform services"),
    ("192.0.0.192", "Oracle Cloud Classic"),
    ("fd00:ec2::254", "AWS over IPv6"),
    ("fd00:ec2::23", "AWS: credentials of EKS Pod Identity over IPv6"),
    ("fd20:ce::254", "Google Cloud over IPv6"),
    ("fd00:c1::a9fe:a9fe", "Oracle Cloud over IPv6"),
    ("fd00:42::42", "Scaleway over IPv6"),
    ("fe80::a9fe:a9fe", "OpenStack over IPv6"),
)
_RANGES: Final[tuple[tuple[str, Reach | None, str], ...]] = (
    ("0.0.0.0/8", None, "this network: RFC 791"),
    ("10.0.0.0/8", "private", "private use: RFC 1918"),
    ("100.64.0.0/10", "private", "shared address space, also of overlay networks: RFC 6598"),
    ("127.0.0.0/8", "private", "loopback: RFC 1122"),
    ("169.254.0.0/16", "link-local", "link-local: RFC 3927"),
    ("172.16.0.0/12", "private", "private use: RFC 1918"),
    ("192.0.0.0/24", None, "IETF protocol assignments: RFC 6890"),
    ("192.0.2.0/24", None, "documentation: RFC 5737"),
    ("192.88.99.0/24", None, "6to4 relay anycast, deprecated: RFC 7526"),
    ("192.168.0.0/16", "private", "private use: RFC 1918"),
    ("198.18.0.0/15", "private", "benchmarks, and networks that ran out of private ones: RFC 2544"),
    ("198.51.100.0/24", None, "documentation: RFC 5737"),
    ("203.0.113.0/24", None, "documentation: RFC 5737"),
    ("224.0.0.0/4", None, "multicast: RFC 5771"),
    ("240.0.0.0/4", None, "reserved, and limited broadcast: RFC 1112, RFC 919"),
    ("0.0.0.0/0", "public", "all others"),
    ("::1/128", "private", "loopback: RFC 4291"),
    (
        "64:ff9b:1::/48",
        None,
        "local translation: the position of the IPv4 address varies: RFC 8215",
    ),
    ("fc00::/7", "private", "unique local: RFC 4193"),
    ("fe80::/10", "link-local", "link-local unicast: RFC 4291"),
    ("2001:2::/48", "private", "benchmarks: RFC 5180"),
    ("2001::/23", None, "IETF protocol assignments: RFC 2928"),
    ("2001:db8::/32", None, "documentation: RFC 3849"),
    ("3fff::/20", None, "documentation: RFC 9637"),
    ("2000::/3", "public", "global unicast: RFC 4291"),
    # Everything that IANA has not allocated, site-local (RFC 3879), discard-only (RFC 6666) and multicast included.
    ("::/0", None, "not global unicast: RFC 4291"),
)

RANGES: Final = (
    *(SpecialRange(ipaddress.ip_network(one), None, f"metadata: {who}") for one, who in _METADATA),
    *(SpecialRange(ipaddress.ip_network(one), reach, why) for one, reach, why in _RANGES),
)
"""The first range that contains an address decides. Every address is in one."""

EMBEDDING: Final = (
    # The last 32 bits are the IPv4 address.
    (ipaddress.IPv6Network("::ffff:0:0/96"), 0, "mapped: RFC 4291"),
    (ipaddress.IPv6Network("::ffff:0:0:0/96"), 0, "translated: RFC 2765"),
    (ipaddress.IPv6Network("::/96"), 0, "compatible, deprecated: RFC 4291"),
    (ipaddress.IPv6Network("64:ff9b::/96"), 0, "NAT64: RFC 6052"),
    (ipaddress.IPv6Network("2002::/16"), 80, "6to4: RFC 3056"),
)
"""Ranges whose addresses hold an IPv4 address, to which a router of the network forwards, and the bits to its right."""
