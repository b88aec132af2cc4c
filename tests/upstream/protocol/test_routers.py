"""The providers that a router may use, and the provider that it claims."""

import pytest

from gateway.errors import AddressRefused
from gateway.types import Reason
from gateway.upstream.protocol.routers import (
    check_provider_claim,
    check_providers,
    router_preferences,
)


def permits(_: str) -> None:
    """Policy refuses no provider."""


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
    [
        ("DeepInfra", "deepinfra/fp8"),
        ("Google Vertex", "google-vertex"),
        ("google_vertex/global", " Google-Vertex "),
        ("ＤｅｅｐＩｎｆｒａ", "deepinfra"),
        (None, "azure"),
    ],
)
def test_a_claim_of_a_permitted_provider_passes(claimed: str | None, slug: str) -> None:
    check_provider_claim(claimed, [slug, "together"], permits)


@pytest.mark.parametrize("claimed", ["DeepSeek", "", "/", 7, ["deepinfra"], "deepinfra" * 1000])
def test_a_claim_of_another_provider_is_a_403(claimed: object) -> None:
    with pytest.raises(AddressRefused) as caught:
        check_provider_claim(claimed, ["deepinfra"], permits)
    assert (caught.value.status, caught.value.fallback) == (403, False)


@pytest.mark.parametrize("claimed", ["DeepSeek", "deep-seek", "DEEP SEEK/fp8"])
def test_B32_a_claim_that_policy_refuses_is_a_403_although_it_is_configured(claimed: str) -> None:
    asked: list[str] = []

    def refuses(provider: str) -> tuple[Reason, ...]:
        asked.append(provider)
        return ()

    with pytest.raises(AddressRefused):
        check_provider_claim(claimed, ["deepseek"], refuses)
    with pytest.raises(AddressRefused):
        check_providers([claimed], refuses)
    assert asked == [claimed, claimed]
