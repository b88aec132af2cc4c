"""Objects put together leaf by leaf."""

import pytest

from gateway.dialects.core.json_builder import JsonBuilder
from gateway.errors import UpstreamFailed


def test_leaves_make_objects_and_arrays_in_the_order_of_their_indices() -> None:
    tree = JsonBuilder()
    tree.put(("calls", 1, "id"), "b")
    tree.add(("calls", 0, "text"), "x")
    tree.add(("calls", 0, "text"), "y")
    tree.add(("content",), "z")
    assert tree.json() == {"calls": [{"text": "xy"}, {"id": "b"}], "content": "z"}


def test_a_far_index_makes_no_gap() -> None:
    tree = JsonBuilder()
    tree.add(("a", 10**12), "x")
    assert tree.json() == {"a": ["x"]}


def test_a_value_put_again_replaces_the_first() -> None:
    tree = JsonBuilder()
    tree.put(("id",), "a")
    tree.put(("id",), "b")
    assert tree.json() == {"id": "b"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("a",), ("a", "b")),
        (("a", "b"), ("a",)),
        (("a", 0), ("a", "b")),
        ((0,), ("a",)),
        ((0,), (1,)),
    ],
)
def test_contradictions_are_refused(
    first: tuple[str | int, ...], second: tuple[str | int, ...]
) -> None:
    tree = JsonBuilder()
    tree.add(first, "x")
    with pytest.raises(UpstreamFailed):
        _add_and_build(tree, second)


def test_an_object_is_not_replaced_by_a_value() -> None:
    tree = JsonBuilder()
    tree.add(("a", "b"), "x")
    with pytest.raises(UpstreamFailed):
        tree.put(("a",), "y")


def _add_and_build(tree: JsonBuilder, path: tuple[str | int, ...]) -> None:
    tree.add(path, "y")
    tree.json()
