"""The table of special addresses: complete, and the specific before the general."""

import ipaddress

from gateway.upstream.transport.special_addresses import EMBEDDING, RANGES


def test_the_specific_come_before_the_general() -> None:
    for later, each in enumerate(RANGES):
        for earlier in RANGES[:later]:
            same = earlier.network.version == each.network.version
            # A range behind one that contains it would never be reached.
            assert not (same and each.network.subnet_of(earlier.network))  # type: ignore[arg-type]  # of one version


def test_the_last_range_of_each_version_takes_everything() -> None:
    for everything in ("0.0.0.0/0", "::/0"):
        assert ipaddress.ip_network(everything) in {each.network for each in RANGES}


def test_every_row_has_a_reason() -> None:
    assert all(each.purpose for each in RANGES)
    assert all("RFC" in why for _, _, why in EMBEDDING)
