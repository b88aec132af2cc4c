"""JSON Schema documents (2020-12 and the drafts before it) of tools and response formats.

Keywords are structural. Property names are identifiers: models and validators match on them, so
they can't be replaced. Titles, descriptions, enumerations, defaults, examples and patterns are
scanned. No property name is refused: a tool may have a parameter called ``base_url``.
"""

import re
from typing import Final

from gateway.dialects.core.shapes import NULL, Shape, array, for_names
from gateway.types import Json

_TYPES: Final = frozenset({"string", "number", "integer", "boolean", "object", "array", "null"})

_LIMITS: Final = frozenset(
    sign * (2**bits - less) for bits in (32, 53, 63, 64) for less in (0, 1) for sign in (1, -1)
)
"""Bounds of integer and float types, which schema generators write as ``minimum`` and ``maximum``."""

ANY_JSON: Final = Shape(recursive=True, place="literal")
"""Any JSON value, scanned whole."""

ARGUMENTS: Final = Shape(expected="an object", kinds=frozenset({dict, NULL}), additional=ANY_JSON)
"""The arguments of a tool call, as a JSON object: scanned whole."""

# Filled below: a schema contains schemas, so ``SCHEMA`` refers to its own fields.
_fields: dict[str, Shape] = {}

SCHEMA: Final = Shape(
    expected="a JSON Schema",
    kinds=frozenset({dict, bool, NULL}),
    fields=_fields,
    additional=ANY_JSON,
    origin="schema",
)
"""A JSON Schema document."""


def _is_limit(value: Json) -> bool:
    return type(value) is not str and (-(2**32) < value < 2**32 or value in _LIMITS)


_LIMIT: Final = Shape(
    check=_is_limit, fallback=ANY_JSON, scanned=False, additional=ANY_JSON, items=ANY_JSON
)
"""A number. One that could be an identity number is scanned instead of refused."""

# Structural only in this form, which holds no free text: any other `$schema` is scanned.
_DRAFT: Final = Shape(
    check=re.compile(r"https?://json-schema\.org/[a-z0-9./-]{1,32}#?").fullmatch,
    fallback=ANY_JSON,
    scanned=False,
    kinds=frozenset({str, NULL}),
)

# What people wrote; anything but a string is scanned whole.
_PROSE: Final = Shape(recursive=True)

# A name or an array of names; anything else under this key is scanned.
_TYPE: Final = Shape(check=_TYPES.__contains__, fallback=ANY_JSON, scanned=False, recursive=True)
_NAME: Final = Shape(place="identifier", recursive=True, key_place="identifier")
_SCHEMAS: Final = array(SCHEMA)
# Drafts before 2020-12 have arrays of schemas here.
_SCHEMA_OR_SCHEMAS: Final = Shape(
    kinds=SCHEMA.kinds | {list}, fields=_fields, additional=ANY_JSON, items=SCHEMA
)
_NAMED: Final = Shape(
    expected="an object of schemas",
    kinds=frozenset({dict, NULL}),
    additional=SCHEMA,
    key_place="identifier",
)

_fields.update(
    for_names(
        "additionalProperties additionalItems unevaluatedItems unevaluatedProperties contains "
        "propertyNames not if then else contentSchema",
        SCHEMA,
    )
)
_fields.update(for_names("allOf anyOf oneOf prefixItems", _SCHEMAS))
_fields.update(for_names("properties patternProperties $defs definitions dependentSchemas", _NAMED))
_fields.update(
    for_names(
        "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength "
        "minItems maxItems minContains maxContains minProperties maxProperties",
        _LIMIT,
    )
)
_fields.update(for_names("$ref $anchor $dynamicRef required dependentRequired", _NAME))
_fields.update(for_names("title description $comment", _PROSE))
_fields.update(
    for_names(
        "format pattern const default enum example examples $id "
        "contentEncoding contentMediaType nullable deprecated readOnly writeOnly uniqueItems",
        ANY_JSON,
    )
)
_fields.update({"$schema": _DRAFT, "type": _TYPE, "items": _SCHEMA_OR_SCHEMAS})
