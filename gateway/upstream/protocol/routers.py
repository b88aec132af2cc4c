"""What a router such as OpenRouter is told, and what it claims: it chooses who really serves, so it is told whom it may choose from."""

from collections.abc import Sequence

from gateway.errors import AddressRefused
from gateway.types import Json

_ANOTHER = (
    "The router says that another provider answered than those it may use. Its reply was dropped."
)


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


def check_provider_claim(claimed: Json, providers: Sequence[str]) -> None:
    """Refuse a reply whose ``provider`` is none of those that were permitted; one that names none claims nothing.

    Routers claim a display name (``DeepInfra``, ``Google Vertex``) and are told slugs (``deepinfra/fp8``,
    ``google-vertex``): letters and digits are compared, without a slug's variant.

    Raises:
        AddressRefused: another provider was claimed.
    """
    if claimed is None:
        return
    permitted = {_plain(slug.partition("/")[0]) for slug in providers}
    if not isinstance(claimed, str) or _plain(claimed) not in permitted:
        raise AddressRefused(_ANOTHER)


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))
