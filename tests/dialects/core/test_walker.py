"""The leaf rule: a leaf is structural, or it is a segment."""

from collections import Counter
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dialects.core.shapes import Shape, array, enum, text
from gateway.dialects.core.walker import MAX_DEPTH, MAX_VALUES, Walker, read
from gateway.errors import InvalidRequest, UnsupportedField
from gateway.types import Segment
from tests.dialects.requests import leaves

ANY = Shape(recursive=True)

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False, max_value=1e18, min_value=-1e18)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=30,
)


def segments_of(document: Any, shape: Shape = ANY) -> list[Segment]:
    walker = Walker(shape)
    walker.walk(document)
    return walker.segments


@given(json_values)
def test_every_leaf_of_an_unknown_value_is_a_segment(document: Any) -> None:
    found = segments_of(document)
    assert Counter(segment.text for segment in found) == Counter(leaves(document))


@given(json_values)
def test_paths_lead_to_the_texts(document: Any) -> None:
    for segment in segments_of(document):
        value = document
        for step in segment.path[:-1]:
            value = value[step]
        if segment.place == "key":
            assert segment.text == segment.path[-1]
            assert segment.text in value
        elif segment.path:
            found = value[segment.path[-1]]
            spelt = found if isinstance(found, str) else orjson.dumps(found).decode()
            assert spelt == segment.text


def test_T59_numbers_and_keys_are_text_too() -> None:
    found = {(s.place, s.text) for s in segments_of({"Taro Tanaka": 4111111111111111})}
    assert found == {("key", "Taro Tanaka"), ("number", "4111111111111111")}


@pytest.mark.parametrize("value", [1e19, -1e19, 123456789012345678901234567890.0])
def test_whole_numbers_that_lost_digits_are_refused(value: float) -> None:
    with pytest.raises(InvalidRequest, match="too large"):
        segments_of([value])


@pytest.mark.parametrize("value", [2**63, 2**64 - 1, -(2**63), 0.1, 1e18])
def test_numbers_that_kept_their_digits_are_scanned(value: float) -> None:
    assert segments_of([value])[0].text == orjson.dumps(value).decode()


@pytest.mark.parametrize("wrap", [lambda inner: [inner], lambda inner: {"a": inner}])
def test_depth_is_bounded(wrap: Any) -> None:
    document: Any = "x"
    for _ in range(MAX_DEPTH):
        document = wrap(document)
    segments_of(document)
    with pytest.raises(InvalidRequest, match="deep") as caught:
        segments_of(wrap(document))
    assert caught.value.param


def test_the_number_of_values_is_bounded() -> None:
    segments_of([1] * MAX_VALUES)
    with pytest.raises(InvalidRequest, match="more than"):
        segments_of([[1] * MAX_VALUES, 1])


def test_errors_show_known_names_and_hide_the_callers_keys() -> None:
    shape = Shape(
        fields={"mode": enum("a")}, additional=Shape(fields={"mode": enum("a")}, additional=ANY)
    )
    with pytest.raises(InvalidRequest) as caught:
        segments_of({"taro@example.com": {"mode": "taro@example.com"}}, shape)
    assert caught.value.param == "*.mode"
    assert "taro" not in str(caught.value.args)


@pytest.mark.parametrize(
    ("key", "display"), [("top_kk", "top_kk"), ("taro@example.com", "*"), ("x" * 65, "*")]
)
def test_an_unknown_field_is_named_when_it_looks_like_a_name(key: str, display: str) -> None:
    with pytest.raises(UnsupportedField) as caught:
        segments_of({key: 1}, Shape(fields={"a": text()}))
    assert caught.value.param == display


def test_origins_and_modalities_are_taken_from_the_shapes() -> None:
    shape = Shape(fields={"tools": Shape(origin="tool", modality="image", additional=ANY)})
    walker = Walker(shape)
    walker.walk({"tools": {"a": ["x"]}})
    assert [segment.origin for segment in walker.segments] == ["tool", "tool"]
    assert walker.modalities == {"image"}


def test_arrays_are_bounded_where_the_shape_says_so() -> None:
    shape = array(text(), min_items=1, max_items=2)
    segments_of(["a", "b"], shape)
    for wrong in ([], ["a", "b", "c"]):
        with pytest.raises(InvalidRequest, match="1 to 2"):
            segments_of(wrong, shape)


def test_a_body_is_read_and_walked_and_the_model_of_the_path_counts() -> None:
    document, walker = read(b'{"model": "a", "greeting": "hello"}', ANY, "b")
    assert document == {"model": "b", "greeting": "hello"}
    assert {"b", "hello"} <= {segment.text for segment in walker.segments}
    with pytest.raises(InvalidRequest):
        read(b"[]", ANY)
