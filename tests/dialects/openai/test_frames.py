"""Streamed replies, read by the real OpenAI SDK."""

from collections.abc import Iterator
from typing import Any

import openai
import orjson
import pytest
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from gateway.dialects.openai.frames import ChatFramer
from gateway.dialects.openai.reply import completion
from gateway.errors import DetectorUnavailable, UpstreamFailed
from gateway.types import Event, Finish, ReasoningDelta, TextDelta
from tests.dialects.replies import EVENTS, START, USAGE
from tests.dialects.requests import chat, parse
from tests.parts.scripted import Script, ScriptedUpstream

COUNTED = parse(chat(stream=True, stream_options={"include_usage": True}))
PLAIN = parse(chat(stream=True))


def frames(framer: ChatFramer, *events: Event) -> bytes:
    return b"".join([framer.feed(event) for event in events])


def chunks(stream: bytes) -> list[dict[str, Any]]:
    return [orjson.loads(frame.removeprefix(b"data: ")) for frame in _frames(stream)]


def _frames(stream: bytes) -> Iterator[bytes]:
    assert stream.endswith(b"\n\n")
    for frame in stream.split(b"\n\n")[:-1]:
        if frame != b"data: [DONE]":
            yield frame


async def sdk(stream: bytes) -> list[ChatCompletionChunk]:
    """What the SDK makes of a stream that a server sends."""
    script = Script(headers={"content-type": "text/event-stream"}, chunks=(stream,))
    async with (
        ScriptedUpstream(script) as server,
        openai.AsyncOpenAI(api_key="k", base_url=server.base_url, max_retries=0) as client,
    ):
        reply = await client.chat.completions.create(
            model="r1", messages=[{"role": "user", "content": "x"}], stream=True
        )
        return [chunk async for chunk in reply]


async def test_the_sdk_puts_a_stream_together_as_the_whole_reply() -> None:
    framer = ChatFramer(COUNTED)
    state = ChatCompletionStreamState()
    for chunk in await sdk(frames(framer, *EVENTS) + framer.done()):
        state.handle_chunk(chunk)
    streamed = state.get_final_completion()
    whole = ChatCompletion.model_validate(completion(COUNTED, EVENTS))
    assert streamed.usage == whole.usage
    for had, expected in zip(streamed.choices, whole.choices, strict=True):
        assert had.message.content == expected.message.content
        assert had.message.refusal == expected.message.refusal
        assert had.finish_reason == expected.finish_reason
    extra = streamed.choices[0].message.model_extra or {}
    assert extra["reasoning_content"] == "I think"
    assert [citation["title"] for citation in extra["citations"]] == ["T", "V"]
    calls, expected_calls = (
        [
            (call.id, call.type, call.function.name, call.function.arguments)
            for call in reply.choices[0].message.tool_calls or ()
            if call.type == "function"
        ]
        for reply in (streamed, whole)
    )
    assert calls == expected_calls


def test_every_chunk_has_the_ids_and_the_model_that_was_requested() -> None:
    for chunk in chunks(frames(ChatFramer(COUNTED), *EVENTS)):
        assert chunk["object"] == "chat.completion.chunk"
        assert (chunk["id"], chunk["model"], chunk["created"]) == (
            "chatcmpl-1",
            "r1",
            1_700_000_000,
        )
        assert chunk["system_fingerprint"] == "fp_1"


def test_each_choice_begins_with_its_role_and_has_it_once() -> None:
    seen: dict[int, list[dict[str, Any]]] = {}
    for chunk in chunks(frames(ChatFramer(PLAIN), *EVENTS)):
        choice = chunk["choices"][0]
        seen.setdefault(choice["index"], []).append(choice["delta"])
    assert seen.keys() == {0, 1}
    for deltas in seen.values():
        assert [delta.get("role") for delta in deltas] == ["assistant"] + [None] * (len(deltas) - 1)


def test_reasoning_keeps_the_name_that_the_upstream_used() -> None:
    event = ReasoningDelta(choice=0, text="x", field_name="reasoning")
    delta = chunks(frames(ChatFramer(PLAIN), START, event))[-1]["choices"][0]["delta"]
    assert delta == {"reasoning": "x"}


def test_counts_come_last_and_only_when_requested() -> None:
    early: list[Event] = [
        START,
        USAGE,
        TextDelta(choice=0, text="x"),
        Finish(choice=0, reason="stop"),
    ]
    counted, plain = ChatFramer(COUNTED), ChatFramer(PLAIN)
    last = chunks(frames(counted, *early) + counted.done())[-1]
    assert last["choices"] == []
    assert last["usage"]["total_tokens"] == 15
    assert all(chunk["usage"] is None for chunk in chunks(frames(ChatFramer(COUNTED), *early)))
    assert b"usage" not in frames(plain, *early) + plain.done()
    assert plain.done() == b"data: [DONE]\n\n"


def test_nothing_comes_before_the_start() -> None:
    framer = ChatFramer(PLAIN)
    assert framer.feed(START) == b""
    with pytest.raises(UpstreamFailed):
        ChatFramer(PLAIN).feed(TextDelta(choice=0, text="x"))


async def test_T21_an_error_mid_stream_is_raised_by_the_sdk() -> None:
    framer = ChatFramer(PLAIN)
    stream = frames(framer, START, TextDelta(choice=0, text="x"))
    broken = stream + framer.comment() + framer.error(DetectorUnavailable("Too slow."), "req-1")
    assert broken.rsplit(b"\n\n", 2)[1].startswith(b"event: error\ndata: {")
    assert b"[DONE]" not in broken
    with pytest.raises(openai.APIError, match=r"Too slow\.") as caught:
        await sdk(broken)
    assert caught.value.code == "detector_unavailable"


async def test_comments_are_no_data() -> None:
    framer = ChatFramer(PLAIN)
    stream = frames(framer, START, TextDelta(choice=0, text="x"))
    assert len(await sdk(framer.comment() + stream + framer.comment() + framer.done())) == 2
