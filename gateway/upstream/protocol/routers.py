"""Routers such as OpenRouter choose the provider that serves a request: the allowed ones are sent, and the reported one is checked."""

from collections.abc import Sequence

from gateway.errors import AddressRefused
from gateway.types import Json

_NOT_ALLOWED = "The router reported a provider that is not allowed. Its reply was dropped."


def router_preferences(providers: Sequence[str]) -> Json:
    """OpenRouter's ``provider`` object (https://openrouter.ai/docs/features/provider-routing), which replaces any other.

    It is a list of allowed providers, never of denied ones: new providers appear every week.

    Args:
        providers: slugs of the only providers that may serve the request.
    """
    return {
        "only": list(providers),
        "allow_fallbacks": False,
        "data_collection": "deny",
        "zdr": True,
    }


def check_provider_claim(claimed: Json, providers: Sequence[str]) -> None:
    """Refuse a reply whose ``provider`` is not allowed; a reply without one is accepted.

    Routers accept slugs (``deepinfra/fp8``, ``google-vertex``) and report display names (``DeepInfra``,
    ``Google Vertex``): letters and digits are compared, without the variant of a slug.

    Raises:
        AddressRefused: another provider was reported.
    """
    if claimed is None:
        return
    permitted = {_plain(slug.partition("/")[0]) for slug in providers}
    if not isinstance(claimed, str) or _plain(claimed) not in permitted:
        raise AddressRefused(_NOT_ALLOWED)


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))
