"""Resolves host names through the hosts file, then DNS, and checks every address and every name of the CNAME chain."""

import ipaddress
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import dns.asyncresolver
import dns.exception
import dns.resolver
from aiohttp.abc import AbstractResolver, ResolveResult

from gateway.errors import AddressRefused
from gateway.settings.deployments import Reach
from gateway.types import Reason
from gateway.upstream.transport.addresses import is_permitted

_HOSTS = Path("/etc/hosts")
REFUSED = "The destination is not permitted: policy or its address forbids it. Nothing was sent."
HostRefusal: TypeAlias = Callable[[str], tuple[Reason, ...] | None]
"""Given a host name, returns the rules for which policy refuses it, or ``None`` when it does not."""


class GuardedResolver(AbstractResolver):
    """Returns only permitted addresses; one that is not permitted refuses the whole answer.

    Args:
        reach: the kinds of addresses that are permitted.
        host_refusal: why policy refuses a name; checked for each name of the CNAME chain.
        dns: a resolver of dnspython; by default one with the system's configuration, search domains included.
        hosts: the hosts file.
    """

    def __init__(
        self,
        *,
        reach: Reach,
        host_refusal: HostRefusal,
        dns: dns.asyncresolver.Resolver | None = None,
        hosts: Path = _HOSTS,
    ) -> None:
        self._reach = reach
        self._host_refusal = host_refusal
        self._dns = dns
        self._hosts = hosts

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a name, every one of them checked.

        Raises:
            AddressRefused: a name of the chain, or any address, is not permitted.
            OSError: the name has no address.
        """
        names, addresses = await self._look_up(host)
        # The names before the addresses: a refusal by a rule has reasons, which the caller gets.
        for name in names:
            if (reasons := self._host_refusal(name)) is not None:
                raise AddressRefused(REFUSED, reasons=reasons)
        if not addresses:
            raise OSError(f"no address for a deployment's host: {host}")
        if not all(is_permitted(address, self._reach) for address in addresses):
            raise AddressRefused(REFUSED)
        return [_result(host, address, port) for address in addresses]

    async def close(self) -> None:
        """Nothing is open."""

    async def _look_up(self, host: str) -> tuple[list[str], list[str]]:
        # Before DNS, as getaddrinfo does: operators define internal names there.
        if addresses := _hosts_file(self._hosts).get(host):
            return [host], addresses
        names, addresses = [host], []
        for kind in ("A", "AAAA"):
            answer = await self._query(host, kind)
            if answer is None:
                continue
            names += [
                # True: without the final dot. Policy names hosts so, in lower case.
                rr.target.to_text(True).lower()
                for cname in answer.chaining_result.cnames
                for rr in cname
            ]
            addresses += [record.address for record in answer.rrset or ()]
        return names, addresses

    async def _query(self, host: str, kind: str) -> dns.resolver.Answer | None:
        resolver = self._dns or dns.asyncresolver.get_default_resolver()
        try:
            # A name with A records alone has no AAAA answer, which is no fault.
            return await resolver.resolve(host, kind, search=True, raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN:
            return None
        except dns.exception.DNSException as error:
            raise OSError(
                f"a deployment's host can't be resolved: {type(error).__name__}"
            ) from None


def _hosts_file(path: Path) -> Mapping[str, list[str]]:
    known: dict[str, list[str]] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return known
    for line in lines:
        address, *names = line.partition("#")[0].split() or [""]
        for name in names:
            known.setdefault(name.lower(), []).append(address)
    return known


def _result(host: str, address: str, port: int) -> ResolveResult:
    version = ipaddress.ip_address(address).version
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=socket.AF_INET if version == 4 else socket.AF_INET6,
        proto=0,
        flags=socket.AI_NUMERICHOST,
    )
