"""T05: what a tool's schema says is scanned; what makes it a schema is not."""

from typing import Any

import pytest
from hypothesis import given

from gateway.dialects.core.json_schema import SCHEMA
from gateway.dialects.core.walker import Walker
from gateway.errors import ClientError
from gateway.types import Place, Segment
from tests.dialects.requests import canaries_in, leaves, planted

PYDANTIC = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$defs": {"Guest": {"type": "object", "properties": {"age": {"type": "integer"}}}},
    "type": "object",
    "title": "Booking",
    "properties": {
        "guest": {"$ref": "#/$defs/Guest"},
        "note": {"anyOf": [{"type": "string", "maxLength": 200}, {"type": "null"}]},
        "rooms": {"type": "array", "items": {"type": ["integer", "null"]}, "minItems": 1},
        "id": {"type": "integer", "minimum": -9007199254740991, "maximum": 9007199254740991},
        "small": {"type": "integer", "maximum": 2147483647, "exclusiveMinimum": 0},
    },
    "required": ["guest"],
    "additionalProperties": False,
}


def segments(schema: Any) -> list[Segment]:
    walker = Walker(SCHEMA)
    walker.walk(schema)
    return walker.segments


def test_of_a_generated_schema_only_names_and_titles_are_scanned() -> None:
    found = {(segment.place, segment.text) for segment in segments(PYDANTIC)}
    names = ["Guest", "age", "guest", "note", "rooms", "id", "small", "#/$defs/Guest"]
    assert found == {("prose", "Booking"), *(("identifier", name) for name in names)}


CARD = "4111111111111111"
HIDING: list[tuple[Any, Place]] = [
    ({"description": CARD}, "prose"),
    ({"title": CARD}, "prose"),
    ({"default": CARD}, "literal"),
    ({"default": int(CARD)}, "number"),
    ({"default": {CARD: 1}}, "key"),
    ({"enum": ["a", CARD]}, "literal"),
    ({"const": int(CARD)}, "number"),
    ({"examples": [{"x": [CARD]}]}, "literal"),
    ({"pattern": CARD}, "literal"),
    ({"minimum": int(CARD)}, "number"),
    ({"maximum": CARD}, "literal"),
    ({"type": CARD}, "literal"),
    ({"type": ["string", CARD]}, "literal"),
    ({"$schema": f"https://x.example/{CARD}"}, "literal"),
    ({"$comment": CARD}, "prose"),
    ({"x-note": CARD}, "literal"),
    ({CARD: 1}, "key"),
    ({"properties": {CARD: {}}}, "identifier"),
    ({"properties": {"a": {"items": {"description": CARD}}}}, "prose"),
    ({"items": [{"description": CARD}]}, "prose"),
    ({"allOf": [{"not": {"title": CARD}}]}, "prose"),
    ({"$defs": {"a": {"if": {"const": CARD}}}}, "literal"),
    ({"required": [CARD]}, "identifier"),
    ({"$ref": f"#/{CARD}"}, "identifier"),
    ({"dependentRequired": {"a": [CARD]}}, "identifier"),
]


@pytest.mark.parametrize(("schema", "place"), HIDING)
def test_T05_no_keyword_hides_a_value(schema: Any, place: Place) -> None:
    found = [segment for segment in segments(schema) if CARD in segment.text]
    assert [segment.place for segment in found] == [place]
    assert found[0].origin == "schema"


@given(planted([*SCHEMA.fields, "x-new"]))
def test_T05_wherever_a_value_is_it_is_a_segment(schema: Any) -> None:
    try:
        found = segments(schema)
    except ClientError:
        return
    assert canaries_in(segment.text for segment in found) == canaries_in(leaves(schema))


def test_parameters_may_have_any_name() -> None:
    assert segments({"properties": {"api_key": {"type": "string"}, "base_url": True}})
