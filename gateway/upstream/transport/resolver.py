"""Resolves host names through the hosts file, then DNS, and checks every address and every name of the CNAME chain."""

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeAlias

import dns.asyncresolver
import dns.exception
import dns.resolver
from aiohttp.abc import AbstractResolver, ResolveResult

from gateway import timeouts
from gateway.errors import AddressRefused
from gateway.settings.deployments import Reach
from gateway.types import Reason
from gateway.upstream.transport.addresses import is_permitted

_HOSTS = Path("/etc/hosts")
_RESOLV_CONF = Path("/etc/resolv.conf")
_CACHED_NAMES: Final = 1000
REFUSED = "The destination is not permitted: policy or its address forbids it. Nothing was sent."
HostRefusal: TypeAlias = Callable[[str], tuple[Reason, ...] | None]
"""Given a host name, returns the rules for which policy refuses it, or ``None`` when it does not."""


class ResolveTimeout(TimeoutError):
    """No name server answered in time."""


class SystemDns:
    """A resolver of dnspython with the system's configuration, search domains included, which is read again when it changes.

    Answers are cached for their time to live. A new configuration begins with an empty cache: another network may give
    other answers.

    Args:
        path: the configuration, as resolv.conf(5).
    """

    def __init__(self, path: Path = _RESOLV_CONF) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._resolver: dns.asyncresolver.Resolver | None = None

    def current(self) -> dns.asyncresolver.Resolver:
        """The resolver for the present configuration; without a file, that of the system's defaults.

        Raises:
            dns.resolver.NoResolverConfiguration: the file names no server.
        """
        stamp = self._now()
        if self._resolver is None or stamp != self._stamp:
            # A file that is being replaced has faults for a moment: then the last resolver stays in use.
            try:
                self._resolver = dns.asyncresolver.Resolver(str(self._path))
                self._resolver.cache = dns.resolver.LRUCache(_CACHED_NAMES)
                self._stamp = stamp
            except dns.resolver.NoResolverConfiguration:
                if self._resolver is None:
                    raise
        return self._resolver

    def _now(self) -> tuple[int, int] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        # The inode too: configurations are mostly replaced, and a clock may be coarse.
        return status.st_mtime_ns, status.st_ino


class GuardedResolver(AbstractResolver):
    """Returns only permitted addresses; one that is not permitted refuses the whole answer.

    Args:
        reach: the kinds of addresses that are permitted.
        host_refusal: why policy refuses a name; checked for each name of the CNAME chain.
        dns: a resolver of dnspython; by default :class:`SystemDns`.
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
        self._system = SystemDns()
        self._hosts = hosts

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a name, every one of them checked.

        Raises:
            AddressRefused: a name of the chain, or any address, is not permitted.
            OSError: the name has no address; a :class:`ResolveTimeout` when no server answered in time.
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
        answers = await self._answers(host)
        names, addresses = [host], []
        for answer in answers:
            if isinstance(answer, dns.resolver.Answer):
                names += _aliases(answer)
                addresses += [record.address for record in answer.rrset or ()]
        failed = next((each for each in answers if isinstance(each, Exception)), None)
        # Servers that can't answer for IPv6 are common: a failure for one family does not spoil the other (RFC 4074).
        if failed is not None and not addresses:
            kind = ResolveTimeout if isinstance(failed, dns.exception.Timeout) else OSError
            raise kind(f"a deployment's host can't be resolved: {type(failed).__name__}")
        return names, addresses

    async def _answers(self, host: str) -> "list[_Outcome]":
        """The outcomes of both families, which are asked together, IPv4 first; one that is late is left out."""
        queries = [asyncio.ensure_future(self._query(host, kind)) for kind in ("A", "AAAA")]
        try:
            while not all(query.done() for query in queries):
                useful = any(query.done() and _has_addresses(query.result()) for query in queries)
                done, _ = await asyncio.wait(
                    [query for query in queries if not query.done()],
                    timeout=timeouts.OTHER_FAMILY if useful else None,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if not done:
                    break
            return [query.result() for query in queries if query.done()]
        finally:
            for query in queries:
                query.cancel()

    async def _query(self, host: str, kind: str) -> "_Outcome":
        """The answer, ``None`` for a name that does not exist, or why there is no answer."""
        try:
            resolver = self._dns or self._system.current()
            # A name with A records alone has no AAAA answer, which is no fault.
            return await resolver.resolve(host, kind, search=True, raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN:
            return None
        except dns.exception.DNSException as error:
            return error


_Outcome: TypeAlias = dns.resolver.Answer | dns.exception.DNSException | None


def _has_addresses(outcome: _Outcome) -> bool:
    return isinstance(outcome, dns.resolver.Answer) and bool(outcome.rrset)


def _aliases(answer: dns.resolver.Answer) -> list[str]:
    """The names of the CNAME chain, as policy names hosts: in lower case, without the final dot."""
    chain = answer.chaining_result.cnames
    return [record.target.to_text(True).lower() for names in chain for record in names]


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
