"""Shapes of fields that the APIs of several vendors share."""

from typing import Final

from gateway.dialects.core.refused_names import refuse_routing, refuse_routing_in_labels
from gateway.dialects.core.shapes import (
    NULL,
    Shape,
    enum,
    integer,
    pattern,
    structural,
)
from gateway.errors import ClientError, UnsupportedField

ANY_UNROUTED: Final = Shape(recursive=True, refuse_key=refuse_routing)
"""Any JSON value, scanned whole; routing names are refused at any depth."""


def open_object(
    fields: dict[str, Shape], *, required: tuple[str, ...] = (), modality: str = ""
) -> Shape:
    """An object with some known keys; what is under other keys is scanned whole."""
    return Shape(
        expected="an object",
        # SDKs send null for what is not given.
        kinds=frozenset({dict, NULL}),
        fields=fields,
        required=required,
        modality=modality,
        additional=ANY_UNROUTED,
        refuse_key=refuse_routing,
    )


def tagged_union(
    discriminator: str,
    variants: dict[str, Shape],
    *,
    remedy: str = "",
    error: type[ClientError] = UnsupportedField,
    default: str = "",
) -> Shape:
    """An object whose kind is the value of one key; other kinds are refused."""
    return Shape(
        expected=f"an object whose `{discriminator}` is one of {', '.join(variants)}{remedy}",
        error=error,
        kinds=frozenset({dict}),
        discriminator=discriminator,
        default=default,
        variants=variants,
    )


TYPE: Final = pattern("a type", r"[a-z0-9_]{1,40}")
"""A discriminator, whose value ``tagged_union`` has already compared."""


def _is_name(value: str) -> bool:
    return 0 < len(value) <= 256


IDENTIFIER: Final = Shape(
    expected="a name of 1 to 256 characters",
    kinds=frozenset({str, NULL}),
    place="tool_name",
    check=_is_name,
)
"""The name of a tool or of an output format: scanned, but never replaced."""


CACHE: Final = {
    "cache_control": open_object({"type": enum("ephemeral"), "ttl": enum("5m", "1h")}),
    "prompt_cache_breakpoint": open_object({"mode": enum("explicit"), "ttl": enum("30m", "12h")}),
}


MODEL: Final = structural("the name of a model", _is_name, str)
"""Looked up in the catalogue; never sent to a model server."""


PURPOSE: Final = "sekisho_purpose"
"""Key of ``metadata`` that declares the purpose of a call to the gateway; it is not sent to a model server."""


TOKENS: Final = integer(0, 10_000_000)


METADATA: Final = Shape(
    expected="an object",
    kinds=frozenset({dict, NULL}),
    fields={
        PURPOSE: pattern(
            "a purpose: lower-case letters, digits, dots and dashes",
            r"[a-z0-9][a-z0-9._-]{0,63}",
        )
    },
    # Labels of the application: only names that can mean nothing else are refused.
    additional=Shape(recursive=True, place="literal", refuse_key=refuse_routing_in_labels),
    refuse_key=refuse_routing_in_labels,
)
