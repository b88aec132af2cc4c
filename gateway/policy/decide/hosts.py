"""Which operator a host belongs to, by the published hosts of operators, and whether a router may choose an operator."""

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache

from gateway.errors import ConfigError
from gateway.types import Json, Reason


def host_operator(host: str, operators: Mapping[str, Json]) -> str:
    """The operator with a pattern that covers the host, or ``""``."""
    for name, row in operators.items():
        if covered(host, tuple(row["hosts"])):
            return name
    return ""


@lru_cache(1024)
def covered(host: str, patterns: tuple[str, ...]) -> bool:
    """Whether a pattern covers the host: label by label from the right, ``*`` for any part of one label.

    Cached, since it is called for every request.
    """
    # From the right, so that evil-deepseek.com and deepseek.com.evil.example match no pattern of deepseek.com.
    labels = host.split(".")[::-1]
    return any(_covers(pattern.split(".")[::-1], labels) for pattern in patterns)


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
        f"deployments.{deployment}.providers.{index}: {provider!r} is an operator that policy denies; "
        "see policies/data/operators.yaml"
        for index, provider in enumerate(providers)
        if refusal(provider) is not None
    ]
    if faults:
        raise ConfigError(faults)


def _covers(pattern: list[str], labels: list[str]) -> bool:
    return len(pattern) <= len(labels) and all(
        # fnmatch's other wildcards ("?", "[…]") can't occur: the schema permits
        # letters, digits, "-" and "*".
        fnmatchcase(label, part)
        for label, part in zip(labels, pattern, strict=False)
    )
