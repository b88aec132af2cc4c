"""Which values a schema binds, so that no placeholder can replace them."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from gateway.dialects.core.json_schema import SCHEMA
from gateway.dialects.core.walker import Walker
from gateway.dialects.openai.chat import OpenAIChat
from gateway.redact.schema_constraints import Constraints, constraints
from gateway.types import Call
from tests.parts.steps import grows_linearly


def of(schema: dict[str, Any]) -> Constraints:
    return constraints(calling(schema))


def calling(schema: dict[str, Any]) -> Call:
    walker = Walker(SCHEMA)
    walker.walk(schema)
    return Call(
        dialect="openai",
        operation="chat.completions",
        model="m",
        stream=False,
        document=schema,
        segments=tuple(walker.segments),
        tools=frozenset(),
        modalities=frozenset(),
    )


def props(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def test_a_format_binds_its_entity() -> None:
    found = of(props(mail={"type": "string", "format": "email"}))
    assert found.needs_surrogate(-1, "EMAIL_ADDRESS", "a@b.example")
    assert not found.needs_surrogate(-1, "PERSON", "Tanaka")


def test_a_pattern_binds_what_matches_it_and_so_must_the_surrogate() -> None:
    found = of(props(code={"type": "string", "pattern": "^[A-Z]{2}-[0-9]{4}$"}))
    assert found.needs_surrogate(-1, "CUSTOMER", "AB-1234")
    assert not found.needs_surrogate(-1, "CUSTOMER", "AB1234")
    assert found.allows("AB-1234", "QX-9921")
    assert not found.allows("AB-1234", "qx-9921")
    assert found.allows("other", "anything")


def test_numbers_bind_digits() -> None:
    for found in (
        of(props(card={"type": "integer"})),
        of(props(card={"type": ["number", "null"]})),
        of(props(cards={"type": "array", "items": {"type": "integer"}})),
    ):
        assert found.needs_surrogate(-1, "CREDIT_CARD", "4111111111111111")
        assert not found.needs_surrogate(-1, "CREDIT_CARD", "4111 1111 1111 1111")


def test_a_place_that_is_constrained_is_bound_and_its_description_is_not() -> None:
    call = calling(
        props(mail={"format": "email", "default": "a@b.example", "description": "of Aiko"})
    )
    found = constraints(call)
    bound = {call.segments[index].text for index in found.constrained_segments}
    assert "a@b.example" in bound
    assert "of Aiko" not in bound


def test_a_number_in_a_schema_is_bound() -> None:
    call = calling(props(card={"enum": [4111111111111111]}))
    assert [call.segments[i].place for i in constraints(call).constrained_segments] == ["number"]


def test_a_hostile_pattern_costs_little_and_binds_nothing() -> None:
    found = of(props(a={"pattern": "^(a+)+$"}, b={"pattern": "("}))
    before = time.thread_time()
    assert not found.needs_surrogate(-1, "X", "a" * 40 + "!")
    assert time.thread_time() - before < 5


def test_a_request_without_schemas_binds_nothing() -> None:
    assert constraints(calling({})) == Constraints()


def test_one_hostile_pattern_ends_the_reading_of_all() -> None:
    found = of(props(a={"pattern": "^[0-9]+$"}, b={"pattern": "^(a|a)*$"}))
    assert found.needs_surrogate(-1, "X", "1234")
    assert not found.needs_surrogate(-1, "X", "a" * 60 + "!")
    assert not found.needs_surrogate(-1, "X", "5678")
    assert not found.allows("1234", "5678")


def test_a_pattern_that_is_too_long_binds_nothing() -> None:
    assert not of(props(a={"pattern": "x" * 1001})).needs_surrogate(-1, "X", "x" * 1001)


def _wide_schema(keyword: str, count: int) -> dict[str, Any]:
    match keyword:
        case "properties":
            return {keyword: {f"p{index}": {"type": "string"} for index in range(count)}}
        case "enum":
            return {keyword: [f"u{index}" for index in range(count)]}
        case _:
            return {keyword: {f"d{index}": {"$ref": "#/$defs/d0"} for index in range(count)}}


@pytest.mark.parametrize("keyword", ["properties", "enum", "$defs"])
def test_B10_B112_a_schema_with_many_members_is_read_in_linear_time(keyword: str) -> None:
    def work(count: int) -> Callable[[], object]:
        parameters = {"type": "object", **_wide_schema(keyword, count)}
        function = {"name": "f", "parameters": parameters}
        tools = [{"type": "function", "function": function}]
        body = {"model": "m", "messages": [{"role": "user", "content": "x"}], "tools": tools}
        call = OpenAIChat().parse(json.dumps(body).encode(), "chat.completions")
        return lambda: constraints(call)

    assert grows_linearly(work, 200)
