"""JSON Schema documents (2020-12 and the drafts before it) of tools and response formats.

Keywords are structural. Property names are identifiers: models and validators match on them, so
they can't be replaced. Titles, descriptions, enumerations, defaults, examples and patterns are
scanned. No name is refused in a schema: a tool may well have a parameter called ``base_url``.
"""

import re
from typing import Final

from gateway.dialects.core.shapes import NULL, Shape, each, listing
from gateway.types import Json

_TYPES: Final = frozenset({"string", "number", "integer", "boolean", "object", "array", "null"})

_LIMITS: Final = frozenset(
    sign * (2**bits - less) for bits in (32, 53, 63, 64) for less in (0, 1) for sign in (1, -1)
)
"""Bounds of number types, which generators of schemas write out."""

LITERAL: Final = Shape(again=True)
"""Any JSON value, scanned whole."""

ARGUMENTS: Final = Shape(wanted="an object", kinds=frozenset({dict, NULL}), rest=LITERAL)
"""What a tool is called with, as a JSON object: scanned whole."""

_fields: dict[str, Shape] = {}

SCHEMA: Final = Shape(
    wanted="a JSON Schema",
    kinds=frozenset({dict, bool, NULL}),
    fields=_fields,
    rest=LITERAL,
    origin="schema",
)
"""A JSON Schema document."""


def _is_limit(value: Json) -> bool:
    return type(value) is not str and (-(2**32) < value < 2**32 or value in _LIMITS)


_LIMIT: Final = Shape(
    check=_is_limit, otherwise=LITERAL, scanned=False, rest=LITERAL, items=LITERAL
)
"""A number; one that could be an identity number is scanned, not refused."""

_DRAFT: Final = Shape(
    check=re.compile(r"https?://json-schema\.org/[a-z0-9./-]{1,32}#?").fullmatch,
    otherwise=LITERAL,
    scanned=False,
    kinds=frozenset({str, NULL}),
)

_TYPE: Final = Shape(check=_TYPES.__contains__, otherwise=LITERAL, scanned=False, again=True)
_NAME: Final = Shape(place="identifier", again=True, key_place="identifier")
_SCHEMAS: Final = listing(SCHEMA)
_SCHEMA_OR_SCHEMAS: Final = Shape(
    kinds=SCHEMA.kinds | {list}, fields=_fields, rest=LITERAL, items=SCHEMA
)
_NAMED: Final = Shape(
    wanted="an object of schemas",
    kinds=frozenset({dict, NULL}),
    rest=SCHEMA,
    key_place="identifier",
)

_fields.update(
    each(
        "additionalProperties additionalItems unevaluatedItems unevaluatedProperties contains "
        "propertyNames not if then else contentSchema",
        SCHEMA,
    )
)
_fields.update(each("allOf anyOf oneOf prefixItems", _SCHEMAS))
_fields.update(each("properties patternProperties $defs definitions dependentSchemas", _NAMED))
_fields.update(
    each(
        "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength "
        "minItems maxItems minContains maxContains minProperties maxProperties",
        _LIMIT,
    )
)
_fields.update(each("$ref $anchor $dynamicRef required dependentRequired", _NAME))
_fields.update(
    each(
        "title description $comment format pattern const default enum example examples $id "
        "contentEncoding contentMediaType nullable deprecated readOnly writeOnly uniqueItems",
        LITERAL,
    )
)
_fields.update({"$schema": _DRAFT, "type": _TYPE, "items": _SCHEMA_OR_SCHEMAS})
