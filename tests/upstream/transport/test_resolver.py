"""Names are resolved with every address and every alias checked."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.errors import AddressRefused
from gateway.settings.deployments import Reach
from gateway.types import Reason
from gateway.upstream.transport.resolver import GuardedResolver, ResolveTimeout, SystemDns
from tests.parts.dns import DnsServer, Records

NOWHERE = Path("/nonexistent/hosts")


DENIED = Reason(id="operator-denied", title="t", remedy="r", mode="enforce", code="c")


def _deepseek(host: str) -> tuple[Reason, ...] | None:
    return (DENIED,) if host == "deepseek.com" or host.endswith(".deepseek.com") else None


async def addresses(
    *records: tuple[str, str], reach: Reach = "public", **more: Records | Callable[[], Records]
) -> list[str]:
    """What the guarded resolver gives for ``r1.example`` with these records."""
    zone = {name.replace("__", "."): value for name, value in more.items()}
    async with DnsServer({"r1.example": records, **zone}) as server:
        resolver = GuardedResolver(
            reach=reach, host_refusal=_deepseek, dns=server.resolver(), hosts=NOWHERE
        )
        found = await resolver.resolve("r1.example", 443)
    assert {result["port"] for result in found} == {443}
    assert {result["hostname"] for result in found} == {"r1.example"}
    return [result["host"] for result in found]


async def test_both_families_are_given() -> None:
    records = (("A", "1.1.1.1"), ("A", "8.8.8.8"), ("AAAA", "2606:4700::1111"))
    assert await addresses(*records) == ["1.1.1.1", "8.8.8.8", "2606:4700::1111"]


async def test_a_chain_of_aliases_is_followed() -> None:
    found = await addresses(("CNAME", "edge.example"), edge__example=[("A", "1.1.1.1")])
    assert found == ["1.1.1.1"]


@pytest.mark.parametrize(
    "records",
    [
        [("A", "10.0.0.5")],
        [("A", "1.1.1.1"), ("A", "127.0.0.1")],
        [("A", "1.1.1.1"), ("AAAA", "::1")],
        [("AAAA", "::ffff:10.0.0.5")],
    ],
)
async def test_T33_one_private_address_refuses_the_whole_answer(records: Records) -> None:
    with pytest.raises(AddressRefused):
        await addresses(*records)
    assert await addresses(*records, reach="private")


@pytest.mark.parametrize("record", [("A", "169.254.169.254"), ("AAAA", "fd00:ec2::254")])
async def test_T33_a_metadata_address_is_refused_to_all(record: tuple[str, str]) -> None:
    with pytest.raises(AddressRefused):
        await addresses(record, reach="private")


async def test_T38_an_alias_of_a_refused_host_is_refused() -> None:
    with pytest.raises(AddressRefused):
        await addresses(
            ("CNAME", "inner.example"),
            inner__example=[("CNAME", "api.deepseek.com")],
            api__deepseek__com=[("A", "1.1.1.1")],
        )


async def test_a_name_without_addresses_is_an_error() -> None:
    with pytest.raises(OSError, match="no address"):
        await addresses()


async def test_a_name_that_does_not_exist_is_an_error() -> None:
    async with DnsServer({}) as server:
        resolver = GuardedResolver(
            reach="public", host_refusal=_deepseek, dns=server.resolver(), hosts=NOWHERE
        )
        with pytest.raises(OSError, match="no address"):
            await resolver.resolve("r1.example")


async def test_a_server_that_does_not_answer_is_an_error() -> None:
    async with DnsServer({}) as server:
        dead = server.resolver()
    dead.lifetime = 0.2
    resolver = GuardedResolver(reach="public", host_refusal=_deepseek, dns=dead, hosts=NOWHERE)
    with pytest.raises(ResolveTimeout, match="can't be resolved"):
        await resolver.resolve("r1.example")


async def test_rebinding_is_seen_at_the_next_look_up() -> None:
    answers = iter(["1.1.1.1", "1.1.1.1", "127.0.0.1", "127.0.0.1"])
    async with DnsServer({"r1.example": lambda: [("A", next(answers))]}) as server:
        resolver = GuardedResolver(
            reach="public", host_refusal=_deepseek, dns=server.resolver(), hosts=NOWHERE
        )
        assert [found["host"] for found in await resolver.resolve("r1.example")] == ["1.1.1.1"]
        with pytest.raises(AddressRefused):
            await resolver.resolve("r1.example")


async def test_the_hosts_file_comes_first_and_is_checked_too(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text("# a comment\n10.0.0.5 R1.example r1  # in-house\nfd12::1 r1.example\n")
    async with DnsServer({"r1.example": [("A", "1.1.1.1")]}) as server:
        inside = GuardedResolver(
            reach="private", host_refusal=_deepseek, dns=server.resolver(), hosts=hosts
        )
        found = await inside.resolve("r1.example")
        outside = GuardedResolver(
            reach="public", host_refusal=_deepseek, dns=server.resolver(), hosts=hosts
        )
        with pytest.raises(AddressRefused):
            await outside.resolve("r1.example")
        assert server.questions == []
    assert [(f["host"], f["family"]) for f in found] == [
        ("10.0.0.5", socket.AF_INET),
        ("fd12::1", socket.AF_INET6),
    ]


@pytest.mark.parametrize("silent", [False, True])
@pytest.mark.parametrize(("broken", "address"), [("AAAA", "1.1.1.1"), ("A", "2606:4700::1111")])
async def test_B33_one_family_that_fails_does_not_spoil_the_other(
    silent: bool, broken: str, address: str
) -> None:
    records = [("A", "1.1.1.1"), ("AAAA", "2606:4700::1111")]
    faults = ((), (broken,)) if silent else ((broken,), ())
    async with DnsServer({"r1.example": records}, failing=faults[0], silent=faults[1]) as server:
        resolver = GuardedResolver(
            reach="public", host_refusal=_deepseek, dns=server.resolver(), hosts=NOWHERE
        )
        assert [found["host"] for found in await resolver.resolve("r1.example")] == [address]


async def test_B33_both_failing_is_an_error_with_its_cause() -> None:
    async with DnsServer({"r1.example": [("A", "1.1.1.1")]}, failing=["A", "AAAA"]) as server:
        resolver = GuardedResolver(
            reach="public", host_refusal=_deepseek, dns=server.resolver(), hosts=NOWHERE
        )
        with pytest.raises(OSError, match="NoNameservers"):
            await resolver.resolve("r1.example")


async def test_B33_the_surviving_family_is_checked_as_ever() -> None:
    async with DnsServer({"r1.example": [("A", "10.0.0.5")]}, failing=["AAAA"]) as server:
        resolver = GuardedResolver(
            reach="public", host_refusal=_deepseek, dns=server.resolver(), hosts=NOWHERE
        )
        with pytest.raises(AddressRefused):
            await resolver.resolve("r1.example")


async def test_answers_are_cached_for_their_time_to_live(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    async with DnsServer({"r1.example": [("A", "1.1.1.1")]}, ttl=60) as server:
        path.write_text("nameserver 127.0.0.1\n")
        system = SystemDns(path)
        system.current().port = server.port
        for _ in range(3):
            await system.current().resolve("r1.example", "A")
        assert server.questions == ["r1.example"]


async def test_a_changed_configuration_is_read_again_and_a_broken_one_is_not_used(
    tmp_path: Path,
) -> None:
    path = tmp_path / "resolv.conf"
    path.write_text("nameserver 192.168.1.1\nsearch old.example\n")
    system = SystemDns(path)
    first = system.current()
    assert system.current() is first
    path.write_text("nameserver 192.168.1.2\nsearch new.example\n# longer\n")
    second = system.current()
    assert [str(server) for server in second.nameservers] == ["192.168.1.2"]
    assert second.cache is not first.cache
    path.write_text("# being written\n")
    assert system.current() is second
