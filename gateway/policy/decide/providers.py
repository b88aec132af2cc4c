"""Checks the providers that a router may choose against the operators that policy allows."""

from collections.abc import Callable, Sequence

from gateway.errors import ConfigError
from gateway.types import Reason


def require_allowed(
    deployment: str,
    providers: Sequence[str],
    refusal: Callable[[str], tuple[Reason, ...] | None],
) -> None:
    """Check the configured providers of a deployment.

    Raises:
        ConfigError: policy refuses some of them.
    """
    faults = [
        f"deployments.{deployment}.providers.{index}: {provider!r} is not the id or the name of an allowed operator; "
        "see policies/data/operators.yaml"
        for index, provider in enumerate(providers)
        if refusal(provider) is not None
    ]
    if faults:
        raise ConfigError(faults)
