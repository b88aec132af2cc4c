"""The texts of an outgoing document that can be the caller's."""

from dataclasses import replace
from enum import StrEnum
from typing import Any

import orjson
import pytest
from hypothesis import given

from gateway.dialects.core.fields import IDENTIFIER, MODEL, TYPE, open_object, tagged_union
from gateway.dialects.core.json_schema import SCHEMA
from gateway.dialects.core.leaves import placed_texts
from gateway.dialects.core.shapes import Shape, array, enum, integer, text, unsupported
from gateway.dialects.core.walker import Walker
from gateway.dialects.openai.fields import REQUEST
from gateway.errors import SekishoError
from gateway.text.own_words import OwnWords, prefixed
from tests.dialects.requests import chat, planted

SHAPE = open_object(
    {
        "model": MODEL,
        "level": enum("low", "high"),
        "tokens": integer(0, 100),
        "name": IDENTIFIER,
        "said": text(),
        "raw": text(escaping="json"),
        "gone": unsupported("left out"),
        "parts": array(tagged_union("type", {"a": open_object({"type": TYPE, "x": text()})})),
        "schema": SCHEMA,
        "inner": replace(text(escaping="json"), items=SCHEMA),
    }
)


def found(**document: Any) -> list[tuple[str, str]]:
    return sorted((one.text, str(one.place)) for one in placed_texts(document, SHAPE))


def test_B02_the_gateways_own_fields_are_no_texts() -> None:
    assert found(model="gemma-3-27b", level="low", tokens=50, parts=[{"type": "a"}]) == []
    assert found(said=OwnWords("output"), name=None, stream=True) == [
        ("\0", "prose"),
        ("stream", "key"),
    ]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"said": "x"}, ("x", "prose")),
        ({"said": prefixed("Error: ", "x")}, ("\0x", "prose")),
        ({"name": "x"}, ("x", "tool_name")),
        ({"raw": '{"k": "x\\u0041"}'}, ("xA", "literal")),
        ({"raw": '{"k": 41}'}, ("41", "number")),
        ({"raw": '{"k": "x"}'}, ("k", "key")),
        ({"raw": "no json"}, ("no json", "prose")),
        ({"schema": {"properties": {"x": {}}}}, ("x", "identifier")),
        ({"inner": '{"properties": {"x": {}}}'}, ("x", "identifier")),
        ({"inner": "no json"}, ("no json", "prose")),
    ],
)
def test_each_text_has_its_place(document: dict[str, Any], expected: tuple[str, str]) -> None:
    assert expected in found(**document)


@pytest.mark.parametrize(
    "document",
    [
        {"unknown": "x"},
        {"unknown": {"deep": ["x"]}},
        {"x": 1},
        {"level": "x"},
        {"level": ["x"]},
        {"tokens": "x"},
        {"gone": "x"},
        {"gone": {"x": 1}},
        {"parts": "x"},
        {"parts": [{"type": "x"}]},
        {"parts": [{"type": "b", "role": "x"}]},
        {"parts": [{"type": ["x"]}]},
        {"model": ["x"]},
    ],
)
def test_what_a_shape_does_not_accept_is_a_text(document: dict[str, Any]) -> None:
    assert "x" in {one for one, _ in found(**document)}


def test_numbers_that_a_shape_does_not_accept_are_texts() -> None:
    assert ("4111111111111111", "number") in found(tokens=4111111111111111)
    assert ("1.5", "number") in found(unknown=1.5)


class Spelled(StrEnum):
    X = "x"


def test_a_type_of_a_librarys_own_is_read_as_it_is_dumped() -> None:
    assert found(said=Spelled.X) == [("x", "prose")]
    assert ("x", "prose") in found(said=("x",))


@given(planted([*REQUEST.fields, "x-new"]))
def test_every_segment_of_a_request_is_a_text_of_its_document(value: Any) -> None:
    """What is scanned on the way in is searched on the way out: both read the same shapes."""
    document = chat(**value) if isinstance(value, dict) else chat(metadata={"x": value})
    walker = Walker(REQUEST)
    try:
        walker.walk(orjson.loads(orjson.dumps(document)))
    except SekishoError:
        return
    out = {(one.text, one.place) for one in placed_texts(document, REQUEST)}
    scanned = {(s.text, s.place) for s in walker.segments if s.escaping == "none"}
    assert scanned - out == set()


def test_no_text_is_printed() -> None:
    (one,) = placed_texts({"said": "Tanaka"}, Shape(fields={"said": text()}))
    assert "Tanaka" not in repr(one)
