"""Routers such as OpenRouter choose the provider that serves a request: the allowed ones are sent, and the reported one is checked."""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from gateway.errors import AddressRefused
from gateway.text.destination import provider_name
from gateway.types import Json, Reason

ProviderRefusal: TypeAlias = Callable[[str], tuple[Reason, ...] | None]
"""Given a provider's name, returns the rules for which policy refuses it, or ``None`` when it does not."""

_MAX_NAME: Final = 256
_DENIED = "A provider that the router could choose is not permitted by policy. Nothing was sent."
_NOT_ALLOWED = "The router reported a provider that is not allowed. Its reply was dropped."


def router_preferences(providers: Sequence[str]) -> Json:
    """OpenRouter's ``provider`` object (https://openrouter.ai/docs/features/provider-routing), which replaces any other.

    It is a list of allowed providers, never of denied ones: new providers appear every week.

    Args:
        providers: slugs of the only providers that may serve the request.
    """
    return {
        "only": [provider.strip() for provider in providers],
        "allow_fallbacks": False,
        "data_collection": "deny",
        "zdr": True,
    }


def check_providers(providers: Sequence[str], refusal: ProviderRefusal) -> None:
    """Check the providers that a router would be allowed, before anything is sent.

    Raises:
        AddressRefused: policy refuses one of them: it may have changed since the start.
    """
    for provider in providers:
        if (reasons := refusal(provider)) is not None:
            raise AddressRefused(_DENIED, reasons=reasons)


def check_provider_claim(claimed: Json, providers: Sequence[str], refusal: ProviderRefusal) -> None:
    """Refuse a reply whose ``provider`` is not allowed; a reply without one is accepted.

    Args:
        claimed: as the router reports it, a slug or a display name.
        providers: the only ones that may have served.
        refusal: why policy refuses a provider.

    Raises:
        AddressRefused: another provider was reported, or one that policy refuses.
    """
    if claimed is None:
        return
    permitted = {provider_name(slug) for slug in providers}
    named = isinstance(claimed, str) and len(claimed) <= _MAX_NAME
    if not named or provider_name(claimed) not in permitted:
        raise AddressRefused(_NOT_ALLOWED)
    if (reasons := refusal(claimed)) is not None:
        raise AddressRefused(_NOT_ALLOWED, reasons=reasons)
