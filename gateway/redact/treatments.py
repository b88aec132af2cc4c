"""What stands for a value, by the treatment that policy chose."""

from typing import Final

from gateway.types import Treatment, Vault

REFUSING: Final[frozenset[Treatment]] = frozenset({"block", "in-house-only"})
"""Treatments under which a call is not sent at all."""


def stand_in(how: Treatment, entity: str, value: str, vault: Vault) -> str:
    """The text that replaces a value.

    Whatever stands for it, the vault holds the value, so that the wire is searched for it. Only a
    placeholder is put back: what a hash or a mask says is no placeholder.

    Args:
        how: placeholder; mask, which leaves the kind of value; or hash, which tells equal values apart from others.
        entity: the kind of value.
        value: the value itself.
        vault: of the request.
    """
    placeholder = vault.put(entity, value)
    match how:
        case "mask":
            return f"[{entity}]"
        case "hash":
            return f"[{entity}#{placeholder.removesuffix(']').rpartition('_')[2]}]"
        case _:
            return placeholder
