"""What a router such as OpenRouter is told: it chooses who really serves, so it is told whom it may choose from."""

from collections.abc import Sequence

from gateway.types import Json


def router_preferences(providers: Sequence[str]) -> Json:
    """OpenRouter's ``provider`` object (https://openrouter.ai/docs/features/provider-routing), in place of any other.

    A list of those that are allowed, never one of those that are not: new providers appear every week.

    Args:
        providers: slugs of the only providers that may serve.
    """
    return {
        "only": list(providers),
        "allow_fallbacks": False,
        "data_collection": "deny",
        "zdr": True,
    }
