"""The text that replaces a value, by the treatment that policy chose."""

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

    The vault holds the value under every treatment, so that the wire check searches for it. Only
    placeholders and surrogates are restored, hashes and masks are not.

    Args:
        treatment: ``placeholder``; ``surrogate``, another value of the same form; ``mask``, which leaves only the entity;
            or ``hash``, by which equal values can be recognised.
        entity: the kind of value.
        value: the value.
        vault: of the request.
        allows: whether a surrogate is acceptable. When none is, a placeholder is used.
    """
    if treatment == "surrogate":
        return vault.surrogate(entity, value, allows) or vault.put(entity, value)
    held = vault.put(entity, value)
    if PATTERN.fullmatch(held) is None:
        return held  # the value already has a surrogate elsewhere in the request
    match treatment:
        case "mask":
            return vault.irreversible(f"[{entity}]")
        case "hash":
            return vault.irreversible(f"[{entity}#{held.removesuffix(']').rpartition('_')[2]}]")
        case _:
            return held
