"""Addresses, by what they really are."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.settings.deployments import Reach
from gateway.upstream.transport.addresses import Address, destinations, is_permitted
from gateway.upstream.transport.special_addresses import RANGES


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "2606:4700::1111"])
def test_public_addresses_are_permitted_to_all(address: str) -> None:
    assert is_permitted(address, reach="public")
    assert is_permitted(address, reach="private")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.5",
        "172.16.0.1",
        "192.168.1.1",
        "::1",
        "fd12::1",
        "::ffff:10.0.0.5",
        "64:ff9b::a00:5",
    ],
)
def test_private_addresses_only_where_they_are_meant(address: str) -> None:
    assert not is_permitted(address, reach="public")
    assert is_permitted(address, reach="private")


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.0.1",
        "fe80::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "168.63.129.16",
        "100.100.100.200",
        "0.0.0.0",
        "::",
        "224.0.0.1",
        "ff02::1",
        "255.255.255.255",
        "::ffff:169.254.169.254",
        "2002:a9fe:a9fe::1",
        "64:ff9b::a9fe:a9fe",
        "not an address",
        "",
    ],
)
def test_T33_some_addresses_are_never_permitted(address: str) -> None:
    assert not is_permitted(address, reach="private")
    assert not is_permitted(address, reach="public")


@pytest.mark.parametrize("address", ["169.254.0.1", "fe80::1", "::ffff:169.254.7.7"])
def test_link_local_addresses_only_where_they_are_configured(address: str) -> None:
    assert is_permitted(address, reach="link-local")
    assert is_permitted("10.0.0.5", reach="link-local")


@pytest.mark.parametrize("address", ["169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254"])
def test_T33_metadata_addresses_not_even_then(address: str) -> None:
    assert not is_permitted(address, reach="link-local")


@pytest.mark.parametrize(
    "address",
    [
        "::169.254.169.254",
        "::ffff:0:a9fe:a9fe",
        "64:ff9b:1::a9fe:a9fe",
        "64:ff9b:1:a9fe:a9:fe00::",
        "fe80::5efe:169.254.169.254",
        "fe80::200:5efe:169.254.169.254",
        # Teredo: the client's address is inverted.
        "2001:0:102:304:0:0:5601:5601",
        "fec0::1",
        "4000::1",
        "fd00:ec2::23",
        "169.254.170.2",
        "169.254.170.23",
        "fd20:ce::254",
        "192.0.0.192",
        "0.1.2.3",
        "240.0.0.1",
        "192.0.2.1",
        "198.51.100.7",
        "203.0.113.9",
        "2001:db8::1",
        "3fff::1",
        "100::1",
        "5f00::1",
    ],
)
@pytest.mark.parametrize("reach", ["public", "private", "link-local"])
def test_B34_special_addresses_are_never_permitted_in_any_form(address: str, reach: Reach) -> None:
    assert not is_permitted(address, reach=reach)


@pytest.mark.parametrize(
    "address",
    ["100.64.0.5", "100.127.255.254", "198.18.0.1", "::ffff:100.64.0.5", "64:ff9b::100.64.0.5"],
)
def test_B34_shared_addresses_are_private_ones(address: str) -> None:
    assert is_permitted(address, reach="private")
    assert not is_permitted(address, reach="public")


@pytest.mark.parametrize(
    "one", ["1.1.1.1", "10.0.0.5", "127.0.0.1", "169.254.7.7", "169.254.169.254"]
)
@pytest.mark.parametrize("reach", ["public", "private", "link-local"])
def test_B34_every_form_of_an_address_is_judged_as_the_address(one: str, reach: Reach) -> None:
    high, low = divmod(int(ipaddress.IPv4Address(one)), 1 << 16)
    inverted = f"{high ^ 0xFFFF:x}:{low ^ 0xFFFF:x}"
    forms = (
        f"::ffff:{one}",
        f"::ffff:0:{high:x}:{low:x}",
        f"::{one}",
        f"64:ff9b::{one}",
        f"2002:{high:x}:{low:x}::1",
        f"2001:0:102:304::{inverted}",
    )
    assert {is_permitted(form, reach=reach) for form in forms} == {is_permitted(one, reach=reach)}


@pytest.mark.parametrize("address", ["2606:4700::5efe:127.0.0.1", "fd12::200:5efe:1.1.1.1"])
def test_B34_a_tunnel_address_is_judged_by_both_of_its_ends(address: str) -> None:
    assert not is_permitted(address, reach="public")
    assert is_permitted(address, reach="private")


@given(st.ip_addresses())
def test_B34_every_address_is_in_a_range(address: Address) -> None:
    assert any(address in each.network for each in RANGES)
    assert is_permitted(str(address), "public") <= is_permitted(str(address), "private")
    assert is_permitted(str(address), "private") <= is_permitted(str(address), "link-local")


@given(st.ip_addresses())
def test_B34_only_global_unicast_is_public(address: Address) -> None:
    if is_permitted(str(address), "public"):
        assert all(each.is_global and not each.is_multicast for each in destinations(address))
