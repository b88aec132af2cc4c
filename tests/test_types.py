"""The types that carry the data."""

import pytest

from gateway.types import MaskedCall, Segment, TextDelta, ToolDelta
from tests.redact.samples import call

MASKED = MaskedCall(
    dialect="openai",
    operation="chat.completions",
    model="m",
    stream=False,
    document={"secret": "Tanaka"},
    neutral={"secret": "Tanaka"},
    redactions={},
)


@pytest.mark.parametrize(
    "value",
    [
        call("Tanaka"),
        MASKED,
        TextDelta(choice=0, text="Tanaka"),
        ToolDelta(choice=0, part=0, name="Tanaka", text="Tanaka"),
        Segment(path=("x",), origin="user", text="Tanaka"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_user_text_is_not_printed(value: object) -> None:
    assert "Tanaka" not in repr(value)


@pytest.mark.parametrize(
    ("path", "key"),
    [
        (("messages", 0, "content"), "content"),
        (("a", "password", 3), "password"),
        ((0, 1), ""),
        ((), ""),
    ],
)
def test_the_key_of_a_segment_is_the_nearest_one(path: tuple[str | int, ...], key: str) -> None:
    assert Segment(path=path, origin="user", text="x").key == key
