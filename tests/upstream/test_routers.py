"""A router is told whom it may choose from, whatever else was said."""

from gateway.upstream.routers import router_preferences


def test_only_the_named_providers_and_no_fallbacks() -> None:
    told = router_preferences(["together", "fireworks"])
    assert told == {
        "only": ["together", "fireworks"],
        "allow_fallbacks": False,
        "data_collection": "deny",
        "zdr": True,
    }
