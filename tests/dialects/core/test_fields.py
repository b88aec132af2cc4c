"""Fields that several vendors have."""

from typing import Any

import pytest

from gateway.dialects.core.fields import (
    ANY_UNROUTED,
    CACHE,
    IDENTIFIER,
    METADATA,
    MODEL,
    open_object,
    tagged_union,
)
from gateway.dialects.core.shapes import Shape, boolean, text
from gateway.dialects.core.walker import Walker
from gateway.errors import ClientError, InvalidRequest, UnsupportedField
from gateway.types import Segment

ROOT = Shape(fields={"metadata": METADATA, "any": ANY_UNROUTED, **CACHE})


def walk(shape: Shape, value: Any) -> list[Segment]:
    walker = Walker(shape)
    walker.walk(value)
    return walker.segments


def test_other_keys_of_an_open_object_are_scanned_with_what_is_under_them() -> None:
    shape = open_object({"strict": boolean(), "text": text()})
    segments = walk(shape, {"strict": True, "text": "a", "new": ["Taro"]})
    assert sorted(segment.text for segment in segments) == ["Taro", "a", "new"]


def test_an_open_object_needs_its_required_keys() -> None:
    with pytest.raises(InvalidRequest, match="name is missing"):
        walk(open_object({"name": text()}, required=("name",)), {})


def test_a_kind_of_content_is_counted() -> None:
    walker = Walker(open_object({}, modality="image"))
    walker.walk({})
    assert walker.modalities == {"image"}


UNION = tagged_union("type", {"a": open_object({"type": text()})}, remedy="; send an a")


@pytest.mark.parametrize("value", [{"type": "b"}, {}, {"type": 1}, []])
def test_other_kinds_of_objects_are_refused_with_the_remedy(value: Any) -> None:
    with pytest.raises(UnsupportedField, match="`type` is one of a; send an a"):
        walk(UNION, value)


def test_a_kind_may_be_left_out_where_there_is_a_default() -> None:
    union = tagged_union("type", {"a": open_object({"name": text()})}, default="a")
    assert [segment.text for segment in walk(union, {"name": "Taro"})] == ["Taro"]


def test_a_tools_name_is_scanned_and_can_not_be_replaced() -> None:
    (segment,) = walk(IDENTIFIER, "book")
    assert (segment.text, segment.place) == ("book", "tool_name")
    with pytest.raises(InvalidRequest):
        walk(IDENTIFIER, "x" * 257)


@pytest.mark.parametrize("value", ["", "x" * 257, 1])
def test_a_model_has_a_name_of_bounded_length(value: Any) -> None:
    assert walk(MODEL, "r1") == []
    with pytest.raises(InvalidRequest):
        walk(MODEL, value)


def test_the_purpose_is_structural_and_other_labels_are_scanned() -> None:
    segments = walk(METADATA, {"sekisho_purpose": "billing.v2", "route": "/checkout"})
    assert [segment.text for segment in segments] == ["route", "/checkout"]


@pytest.mark.parametrize(
    ("document", "param"),
    [
        ({"metadata": {"sekisho_purpose": "Taro Tanaka"}}, "metadata.sekisho_purpose"),
        ({"metadata": {"api_key": "x"}}, "metadata.api_key"),
        ({"metadata": {"a": {"aws_region_name": "x"}}}, "metadata.*.aws_region_name"),
        ({"any": {"a": [{"api_base": "x"}]}}, "any.*[0].api_base"),
        ({"cache_control": {"type": "Taro"}}, "cache_control.type"),
    ],
)
def test_T12_T33_no_shared_field_hides_text_or_a_route(document: Any, param: str) -> None:
    with pytest.raises(ClientError) as caught:
        walk(ROOT, document)
    assert caught.value.param == param
    assert "Taro" not in caught.value.message
