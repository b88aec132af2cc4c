"""What stands for a value, by the treatment that policy chose."""

from typing import Final

from gateway.redact.placeholder import PATTERN
from gateway.types import Allows, Treatment, Vault

BLOCKING: Final[frozenset[Treatment]] = frozenset({"block", "in-house-only"})
"""Treatments under which a call is not sent at all."""


def replacement(
    treatment: Treatment,
    entity: str,
    value: str,
    vault: Vault,
    allows: Allows = lambda _: True,
) -> str:
    """The text that replaces a value.

    Whatever stands for it, the vault holds the value, so that the wire is searched for it. Only a
    placeholder and a surrogate are put back: what a hash or a mask says is neither.

    Args:
        treatment: placeholder; surrogate, another value of the same form; mask, which leaves the kind of value; or
            hash, which tells equal values apart from others.
        entity: the kind of value.
        value: the value itself.
        vault: of the request.
        allows: whether a surrogate will do. When none does, a placeholder takes its place.
    """
    if treatment == "surrogate":
        return vault.surrogate(entity, value, allows) or vault.put(entity, value)
    held = vault.put(entity, value)
    if PATTERN.fullmatch(held) is None:
        return held  # the same value has a surrogate in another place
    match treatment:
        case "mask":
            return f"[{entity}]"
        case "hash":
            return f"[{entity}#{held.removesuffix(']').rpartition('_')[2]}]"
        case _:
            return held
