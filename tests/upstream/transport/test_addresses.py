"""Addresses, by what they really are."""

import pytest

from gateway.upstream.transport.addresses import is_permitted


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
