"""Whole replies, read by the types of the real OpenAI SDK."""

import pytest
from openai.types.chat import ChatCompletion

from gateway.dialects.openai.reply import completion
from gateway.errors import UpstreamFailed
from gateway.types import Event, Finish, RefusalDelta, TextDelta, ToolDelta, UnknownField
from tests.dialects.replies import EVENTS, START, USAGE
from tests.dialects.requests import chat, parse

CALL = parse(chat())
END = Finish(choice=0, reason="stop")


def read(*events: Event) -> ChatCompletion:
    return ChatCompletion.model_validate(completion(CALL, events), strict=True)


def test_the_sdk_reads_a_reply_with_everything() -> None:
    reply = read(*EVENTS)
    first, second = reply.choices
    assert (reply.id, reply.model, reply.system_fingerprint) == ("chatcmpl-1", "r1", "fp_1")
    assert first.message.content == "Hello 太郎"
    assert first.message.model_extra is not None
    assert first.message.model_extra["reasoning_content"] == "I think"
    assert first.message.tool_calls is not None
    assert [
        (c.id, c.function.name, c.function.arguments)
        for c in first.message.tool_calls
        if c.type == "function"
    ] == [
        ("call_1", "book", '{"a":1}'),
        ("call_2", "pay", '{"b":2}'),
    ]
    assert first.finish_reason == "tool_calls"
    assert (second.message.content, second.message.refusal) == ("Gu", "No")
    assert reply.usage is not None
    assert reply.usage.total_tokens == 15
    assert reply.usage.prompt_tokens_details is not None
    assert reply.usage.prompt_tokens_details.cached_tokens == 3


def test_unknown_leaves_are_at_their_path() -> None:
    message = completion(CALL, EVENTS)["choices"][0]["message"]
    assert message["citations"] == [{"title": "T", "place": {"url": "U"}}, {"title": "V"}]


@pytest.mark.parametrize(
    ("event", "content"),
    [
        (TextDelta(choice=0, text="x"), "x"),
        (ToolDelta(choice=0, part=0, call_id="c", name="n", text="{}"), None),
        (RefusalDelta(choice=0, text="No"), None),
    ],
)
def test_content_is_null_only_beside_a_tool_call_or_refusal(
    event: Event, content: str | None
) -> None:
    assert read(START, event, END).choices[0].message.content == content


def test_an_empty_reply_has_empty_content() -> None:
    assert read(START, END).choices[0].message.content == ""


@pytest.mark.parametrize(
    "events",
    [
        (),
        (TextDelta(choice=0, text="x"), END),
        (START, TextDelta(choice=0, text="x")),
        (START, TextDelta(choice=0, text="x"), TextDelta(choice=1, text="y"), END),
    ],
)
def test_an_incomplete_reply_is_refused(events: tuple[Event, ...]) -> None:
    with pytest.raises(UpstreamFailed):
        completion(CALL, events)


def test_a_reply_that_contradicts_itself_is_refused() -> None:
    unknown = UnknownField(choice=0, path=("content", "x"), text="y")
    with pytest.raises(UpstreamFailed):
        completion(CALL, [START, TextDelta(choice=0, text="x"), unknown, END])


def test_usage_is_left_out_when_the_upstream_gave_none() -> None:
    assert read(START, END).usage is None
    assert read(START, END, USAGE).usage is not None
