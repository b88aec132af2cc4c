"""Which operator a host belongs to, by the hosts that operators publish."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import lru_cache

from gateway.types import Json


def host_operator(host: str, operators: Mapping[str, Json]) -> str:
    """The operator with a pattern that covers the host, or ``""``."""
    for name, row in operators.items():
        if covered(host, tuple(row["hosts"])):
            return name
    return ""


@lru_cache(1024)
def covered(host: str, patterns: tuple[str, ...]) -> bool:
    """Whether a pattern covers the host: label by label from the right, ``*`` for part of one label.

    Remembered, since every request asks it of its deployment's host.
    """
    labels = host.split(".")[::-1]
    return any(_covers(pattern.split(".")[::-1], labels) for pattern in patterns)


def _covers(pattern: list[str], labels: list[str]) -> bool:
    return len(pattern) <= len(labels) and all(
        fnmatchcase(label, part) for label, part in zip(labels, pattern, strict=False)
    )
