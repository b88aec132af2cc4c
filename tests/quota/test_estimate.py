"""Estimates are upper bounds, and the bound that is sent is no larger."""

from dataclasses import replace

import pytest

from gateway.quota.estimate import bound, capped, estimate
from gateway.types import Json, MaskedCall
from tests.parts.samples import call


def masked(**fields: Json) -> MaskedCall:
    return MaskedCall(
        dialect="openai",
        operation="chat.completions",
        model="m",
        stream=False,
        document={},
        neutral={"messages": [], **fields},
        redactions={},
    )


def test_text_counts_by_its_bytes() -> None:
    few, many = estimate(call("a" * 100), 10), estimate(call("田" * 100), 10)
    assert many.input - few.input == 200
    assert few.input >= 100


def test_what_is_not_text_counts_too() -> None:
    seen = estimate(call(modalities=frozenset({"text", "image"})), 10)
    assert seen.input > estimate(call(), 10).input


def test_each_choice_may_be_as_long_as_the_bound() -> None:
    assert estimate(call(), 10).output == 10
    assert estimate(call(max_output_tokens=7), 10).output == 7
    assert estimate(call(max_output_tokens=7, document={"n": 3}), 10).output == 21
    assert estimate(call(document={"n": None}), 10).output == 10
    assert bound(call(max_output_tokens=0), 10) == 0


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        ({}, {"max_tokens": 10}),
        ({"max_tokens": None}, {"max_tokens": 10}),
        ({"max_tokens": 4}, {"max_tokens": 4}),
        ({"max_tokens": 40}, {"max_tokens": 10}),
        ({"max_completion_tokens": 40}, {"max_completion_tokens": 10}),
        (
            {"max_completion_tokens": 4, "max_tokens": 40},
            {"max_completion_tokens": 4, "max_tokens": 10},
        ),
    ],
)
def test_what_is_sent_is_no_larger(fields: dict[str, Json], sent: dict[str, Json]) -> None:
    assert capped(masked(**fields), 10).neutral == {"messages": [], **sent}


def test_without_such_a_quota_the_call_is_as_it_was() -> None:
    before = masked(max_tokens=40)
    assert capped(before, None) is before


def test_vectors_have_no_bound() -> None:
    before = replace(masked(), form="embeddings")
    assert capped(before, 10) is before
