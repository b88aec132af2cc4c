"""Token counts that a model server reports."""

from typing import Any

import pytest

from gateway.types import UsageEvent
from gateway.upstream.protocol.usage import MAX_TOKENS, usage_event


@pytest.mark.parametrize(
    ("reported", "counted"),
    [
        (-1_000_000, 0),
        (-0.5, 0),
        (10**18, MAX_TOKENS),
        (1e300, MAX_TOKENS),
        (float("inf"), MAX_TOKENS),
        (float("-inf"), 0),
        (float("nan"), 0),
        (MAX_TOKENS + 1, MAX_TOKENS),
        (True, 0),
        ("many", 0),
        ("12", 0),
        ([12], 0),
        ({"n": 12}, 0),
        (12.5, 12),
    ],
)
def test_B35_a_count_that_no_reply_can_have_is_clamped_and_noted(
    reported: Any, counted: int
) -> None:
    for name in ("prompt_tokens", "completion_tokens"):
        event = usage_event({"prompt_tokens": 3, "completion_tokens": 3, name: reported})
        assert sorted((event.input_tokens, event.output_tokens)) == sorted((3, counted))
        assert event.clamped
    if isinstance(reported, int | float):
        event = usage_event({"prompt_tokens_details": {"cached_tokens": reported}})
        assert event.details == {"prompt_tokens_details": {"cached_tokens": counted}}
        assert event.clamped


@pytest.mark.parametrize("reported", [None, 0, 7, 7.0, MAX_TOKENS])
def test_B35_ordinary_counts_are_taken_as_they_are(reported: Any) -> None:
    event = usage_event({"prompt_tokens": reported, "completion_tokens": 1})
    assert event == UsageEvent(input_tokens=int(reported or 0), output_tokens=1)
    assert type(event.input_tokens) is int


def test_B35_names_of_details_are_no_text() -> None:
    fields: dict[str, Any] = {"Taro Tanaka 4111": 1, "cached_tokens": 2, "x" * 5000: 3, "note": "t"}
    many = {f"a{'b' * n}_details": {"n": n} for n in range(40)}
    event = usage_event({"prompt_tokens_details": fields, "Taro Tanaka_details": {"n": 1}, **many})
    assert event.details["prompt_tokens_details"] == {"cached_tokens": 2}
    assert "Taro Tanaka_details" not in event.details
    assert len(event.details) < 20
