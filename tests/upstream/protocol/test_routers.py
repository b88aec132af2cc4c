"""The providers that a router may use, and the provider that it claims."""

import pytest

from gateway.errors import AddressRefused
from gateway.upstream.protocol.routers import check_provider_claim, router_preferences


def test_only_the_named_providers_and_no_fallbacks() -> None:
    preferences = router_preferences(["together", "fireworks"])
    assert preferences == {
        "only": ["together", "fireworks"],
        "allow_fallbacks": False,
        "data_collection": "deny",
        "zdr": True,
    }


@pytest.mark.parametrize(
    ("claimed", "slug"),
    [("DeepInfra", "deepinfra/fp8"), ("Google Vertex", "google-vertex"), (None, "azure")],
)
def test_a_claim_of_a_permitted_provider_passes(claimed: str | None, slug: str) -> None:
    check_provider_claim(claimed, [slug, "together"])


@pytest.mark.parametrize("claimed", ["DeepSeek", "", 7, ["deepinfra"]])
def test_a_claim_of_another_provider_is_a_403(claimed: object) -> None:
    with pytest.raises(AddressRefused) as caught:
        check_provider_claim(claimed, ["deepinfra"])
    assert (caught.value.status, caught.value.fallback) == (403, False)
