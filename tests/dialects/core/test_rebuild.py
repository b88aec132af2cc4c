"""New texts in place of segments: only there, and never in the caller's own document."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dialects.core.rebuild import replace_segments
from gateway.dialects.core.shapes import Shape
from gateway.dialects.core.walker import Walker
from gateway.errors import RedactionFailed
from gateway.types import Segment

ANY = Shape(recursive=True)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=20,
)


def segments_of(document: Any) -> list[Segment]:
    walker = Walker(ANY)
    walker.walk(document)
    return walker.segments


@given(json_values)
def test_without_replacements_nothing_changes(document: Any) -> None:
    assert replace_segments(document, segments_of(document), {}) == document


@given(st.dictionaries(st.text(max_size=6), json_values, max_size=4), st.data())
def test_only_the_named_segments_change_and_the_original_never(
    document: dict[str, Any], data: st.DataObject
) -> None:
    before = copy.deepcopy(document)
    segments = segments_of(document)
    chosen = data.draw(st.sets(st.integers(0, len(segments) - 1))) if segments else set()
    replacements = {index: f"[X_{index}]" for index in chosen}
    rebuilt = replace_segments(document, segments, replacements)
    assert document == before
    texts = [replacements.get(index, segment.text) for index, segment in enumerate(segments)]
    assert [segment.text for segment in segments_of(rebuilt)] == texts


def test_T59_numbers_and_keys_are_replaced_where_they_stand() -> None:
    document = {"args": {"Taro": {"card": 4111, "Hanako": [1]}, "z": 2}}
    segments = segments_of(document)
    by_text = {segment.text: index for index, segment in enumerate(segments)}
    rebuilt = replace_segments(
        document,
        segments,
        {by_text["Taro"]: "[P_1]", by_text["4111"]: "[C_1]", by_text["Hanako"]: "[P_2]"},
    )
    assert rebuilt == {"args": {"[P_1]": {"card": "[C_1]", "[P_2]": [1]}, "z": 2}}
    assert list(rebuilt["args"]) == ["[P_1]", "z"]


def test_unchanged_parts_are_shared() -> None:
    document = {"a": ["x"], "b": {"c": "y"}}
    segments = segments_of(document)
    index = next(i for i, segment in enumerate(segments) if segment.text == "y")
    rebuilt = replace_segments(document, segments, {index: "z"})
    assert rebuilt["a"] is document["a"]
    assert rebuilt["b"] == {"c": "z"}


def test_two_keys_never_become_one() -> None:
    document = {"Taro": 1, "taro": 2}
    segments = segments_of(document)
    keys = [index for index, segment in enumerate(segments) if segment.place == "key"]
    with pytest.raises(RedactionFailed):
        replace_segments(document, segments, dict.fromkeys(keys, "[P_1]"))


def test_an_identifier_is_never_replaced() -> None:
    document = {"name": "send_to_taro"}
    segment = Segment(path=("name",), origin="schema", text="send_to_taro", place="identifier")
    with pytest.raises(RedactionFailed) as caught:
        replace_segments(document, [segment], {0: "[P_1]"})
    assert "taro" not in str(caught.value)
