"""A DNS server on loopback with answers chosen by a test, like those of an attacker who controls a name."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Self, TypeAlias

import dns.asyncresolver
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Records: TypeAlias = Sequence[tuple[str, str]]
"""Type and value of each record of a name: ``("A", "192.0.2.1")``, ``("CNAME", "other.example")``."""


class DnsServer:
    """Answers from a zone; a name may have a function instead of records, asked each time.

    Args:
        zone: records by name, without the final dot.
        failing: record types for which the server fails (SERVFAIL).
        silent: record types for which it never answers.
        ttl: the time to live of every record, in seconds.
    """

    def __init__(
        self,
        zone: Mapping[str, Records | Callable[[], Records]],
        *,
        failing: Collection[str] = (),
        silent: Collection[str] = (),
        ttl: int = 0,
    ) -> None:
        self._zone = zone
        self._failing = failing
        self._silent = silent
        self._ttl = ttl
        self.questions: list[str] = []

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: _Protocol(self._answer), local_addr=("127.0.0.1", 0)
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self._transport.close()

    def resolver(self) -> dns.asyncresolver.Resolver:
        """A resolver that asks this server and nobody else."""
        resolver = dns.asyncresolver.Resolver(configure=False)
        resolver.nameservers = ["127.0.0.1"]
        resolver.port = self.port
        resolver.lifetime = 2.0
        return resolver

    @property
    def port(self) -> int:
        """The UDP port."""
        return int(self._transport.get_extra_info("sockname")[1])

    def _answer(self, wire: bytes) -> bytes | None:
        query = dns.message.from_wire(wire)
        answer = dns.message.make_response(query)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.questions.append(name)
        if kind in self._silent:
            return None
        if kind in self._failing:
            answer.set_rcode(dns.rcode.SERVFAIL)
            return answer.to_wire()
        if name not in self._zone:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        self._add(answer, name, question.rdtype)
        return answer.to_wire()

    def _add(self, answer: dns.message.Message, name: str, kind: dns.rdatatype.RdataType) -> None:
        found = self._zone.get(name, ())
        records = found() if callable(found) else found
        for record, value in records:
            if record == "CNAME":
                answer.answer.append(
                    dns.rrset.from_text(f"{name}.", self._ttl, "IN", record, f"{value}.")
                )
                self._add(answer, value, kind)
            elif dns.rdatatype.from_text(record) == kind:
                answer.answer.append(
                    dns.rrset.from_text(f"{name}.", self._ttl, "IN", record, value)
                )


class _Protocol(asyncio.DatagramProtocol):
    def __init__(self, answer: Callable[[bytes], bytes | None]) -> None:
        self._answer = answer

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        answer = self._answer(data)
        if answer is not None:
            self._transport.sendto(answer, addr)
