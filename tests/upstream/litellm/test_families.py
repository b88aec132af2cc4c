from typing import get_args

from gateway.settings.deployments import FamilyName
from gateway.upstream.litellm.families import FAMILIES
from tests.parts.vendors import VENDORS


def test_every_enabled_family_is_described_and_has_recorded_shapes() -> None:
    assert set(FAMILIES) == set(get_args(FamilyName)) == {vendor.family for vendor in VENDORS}


def test_a_family_sends_its_credential_in_one_header_and_to_fixed_paths() -> None:
    for family in FAMILIES.values():
        assert family.key_header
        assert family.path.startswith("/")
        assert not family.headers.keys() & {family.key_header}
