"""Anthropic's dialect: what is read, and what becomes of signed thinking."""

from typing import Any

import orjson
import pytest

from gateway.dialects.anthropic.dialect import AnthropicMessages
from gateway.errors import InvalidRequest, NoDeployment, PolicyDenied, RateLimited, UpstreamFailed
from gateway.types import Call, Event, Finish, Reason, Start, TextDelta, UsageEvent

DIALECT = AnthropicMessages()
SIGNED = {"type": "thinking", "thinking": "I know Tanaka", "signature": "EqQBCg=="}


def parse(operation: str = "messages", **fields: Any) -> Call:
    document = {"model": "r1", "messages": [{"role": "user", "content": "hi"}], **fields}
    if operation == "messages":
        document.setdefault("max_tokens", 9)
    return DIALECT.parse(orjson.dumps(document), operation)


def with_blocks(*blocks: dict[str, Any]) -> Call:
    return parse(messages=[{"role": "assistant", "content": list(blocks)}])


def test_a_call_holds_what_was_requested() -> None:
    tool = {"name": "send", "input_schema": {"type": "object"}}
    call = parse(tools=[tool], stream=True, metadata={"sekisho_purpose": "support"})
    assert (call.model, call.stream, call.max_output_tokens) == ("r1", True, 9)
    assert (call.tools, call.purpose) == (frozenset({"send"}), "support")


def test_max_tokens_is_needed_for_a_reply_and_not_for_a_count() -> None:
    with pytest.raises(InvalidRequest, match="max_tokens"):
        parse(max_tokens=None)
    assert parse("count_tokens").operation == "count_tokens"


def test_T52_signed_thinking_goes_on_byte_for_byte_or_not_at_all() -> None:
    call = with_blocks(SIGNED, {"type": "text", "text": "ok"})
    (thought,) = [s for s in call.segments if "Tanaka" in s.text]
    assert thought.place == "signed"
    index = call.segments.index(thought)
    kept = DIALECT.rebuild(call, {}, {})
    assert kept.document["messages"][0]["content"][0] == SIGNED
    dropped = DIALECT.rebuild(call, {index: "I know [P_1]"}, {"P": 1})
    assert dropped.document["messages"][0]["content"] == [{"type": "text", "text": "ok"}]
    for masked in (kept, dropped):
        assert "Tanaka" not in orjson.dumps(masked.neutral).decode()


def test_unsigned_thinking_is_text() -> None:
    call = with_blocks({**SIGNED, "signature": ""})
    (index,) = [i for i, s in enumerate(call.segments) if "Tanaka" in s.text]
    assert call.segments[index].place == "prose"
    masked = DIALECT.rebuild(call, {index: "I know [P_1]"}, {"P": 1})
    assert masked.neutral["messages"][0]["reasoning_content"] == "I know [P_1]"


def test_an_argument_named_thinking_is_no_thought() -> None:
    use = {"type": "tool_use", "id": "t", "name": "f", "input": {"thinking": "Tanaka"}}
    call = with_blocks(use)
    assert {s.place for s in call.segments if s.text == "Tanaka"} == {"literal"}


def test_tokens_are_counted_by_the_deployment() -> None:
    call = parse("count_tokens")
    assert DIALECT.rebuild(call, {}, {}).neutral["max_tokens"] == 1
    counted: list[Event] = [
        Start(id="c", model="m", created=1),
        TextDelta(choice=0, text="x"),
        Finish(choice=0, reason="length"),
        UsageEvent(input_tokens=12, output_tokens=1),
    ]
    assert orjson.loads(DIALECT.assemble(call, counted)) == {"input_tokens": 12}
    with pytest.raises(UpstreamFailed):
        DIALECT.assemble(call, counted[:-1])


def test_errors_have_anthropics_shape_and_the_gateways_reasons() -> None:
    reason = Reason(id="r-1", title="No", remedy="Ask", mode="enforce", code="policy_denied")
    refusal = orjson.loads(DIALECT.error(PolicyDenied("Refused.", reasons=(reason,)), "req-1"))
    assert (refusal["type"], refusal["error"]["type"]) == ("error", "permission_error")
    assert refusal["error"]["reasons"][0]["id"] == "r-1"
    assert refusal["request_id"] == "req-1"
    for error, kind in (
        (RateLimited("Later.", retry_after=1), "rate_limit_error"),
        (NoDeployment("None."), "overloaded_error"),
        (UpstreamFailed("Broke.", fallback=False), "api_error"),
    ):
        assert orjson.loads(DIALECT.error(error, "r"))["error"]["type"] == kind
