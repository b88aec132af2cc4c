"""Replies: the same text for any split, nothing unscanned, and settled and recorded however they end."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import timeouts
from gateway.dialects.openai.chat import OpenAIChat
from gateway.errors import AuditUnavailable, SekishoError, UpstreamFailed
from gateway.quota.meter import Meter
from gateway.redact.vault import RequestVault
from gateway.respond import document, frames
from gateway.types import (
    Event,
    Finish,
    ReasoningDelta,
    ReplyStored,
    TextDelta,
    ToolDelta,
    UnknownField,
    UsageEvent,
)
from tests.parts.replies import VALUE, Slot, Upstream, deltas, flat, reply, said
from tests.parts.samples import exchange
from tests.redact.samples import vault


@given(st.lists(st.integers(0, 140), max_size=12))
@settings(deadline=None)
async def test_any_split_shows_the_same_text(cuts: list[int]) -> None:
    request = vault()
    minted = request.put("EMAIL_ADDRESS", VALUE)
    text = f"To {minted}: call 03-1234-5678 or {VALUE}, card 5555 5555 5555 4444, {minted[:-4]}"
    texts, stats = await said(deltas(text, cuts), request)
    shown = f"To {VALUE}: call [PHONE_NUMBER] or {VALUE}, card [CREDIT_CARD], "
    assert texts["TextDelta"] == shown
    assert stats.generated == {"PHONE_NUMBER": 1, "CREDIT_CARD": 1}
    assert (stats.restored, stats.unrestored) == (1, 1)


async def test_depth_whole_scans_with_every_detector_before_anything_is_shown() -> None:
    texts, stats = await said(deltas("I know Yamada well", [9]), vault(), output_depth="whole")
    assert texts["TextDelta"] == "I know [PERSON] well"
    assert stats.generated == {"PERSON": 1}


@pytest.mark.parametrize(("mode", "shown"), [("pass", VALUE), ("redact", "MINTED"), ("drop", None)])
async def test_the_three_modes_of_reasoning(mode: str, shown: str | None) -> None:
    request = vault()
    minted = request.put("EMAIL_ADDRESS", VALUE)
    events = [ReasoningDelta(choice=0, text=f"{minted} 5555 5555 5555 4444 "), *deltas("done")]
    texts, stats = await said(events, request, reasoning=mode)
    expected = None if shown is None else f"{shown.replace('MINTED', minted)} [CREDIT_CARD] "
    assert texts.get("ReasoningDelta") == expected
    assert texts["TextDelta"] == "done"
    assert stats.generated == {"CREDIT_CARD": 1}


async def test_arguments_are_restored_for_declared_tools_alone() -> None:
    request = vault()
    minted = request.put("PERSON", 'a"b')
    raw = f'{{"to": "{minted}", "n": 4242424242424242}}'
    events: list[Event] = [
        ToolDelta(choice=0, part=0, call_id="c", name="send"),
        *(ToolDelta(choice=0, part=0, text=letter) for letter in raw),
        Finish(choice=0, reason="tool_calls"),
    ]
    declared, _ = await said(events, request, tools=frozenset({"send"}))
    assert declared["ToolDelta"] == '{"to": "a\\"b", "n": "[CREDIT_CARD]"}'
    undeclared, _ = await said(events, request)
    assert undeclared["ToolDelta"] == f'{{"to": "{minted}", "n": "[CREDIT_CARD]"}}'


async def test_unknown_places_are_scanned_and_not_restored() -> None:
    request = vault()
    minted = request.put("PERSON", "Tanaka")
    events = [
        UnknownField(choice=0, path=("x",), text=f"{minted} 5555 5555 5555 4444"),
        *deltas("ok"),
    ]
    texts, _ = await said(events, request)
    assert texts["UnknownField"] == f"{minted} [CREDIT_CARD]"


async def test_usage_model_and_length_are_counted() -> None:
    usage = UsageEvent(input_tokens=3, output_tokens=5)
    _, stats = await said([*deltas("田中 ok"), usage], vault())
    assert stats.usage is usage
    assert stats.model == "upstream-model"
    assert stats.output_bytes == len("田中 ok".encode())


class Blocks(OpenAIChat):
    """A dialect whose replies are rows of blocks, with a place for reasoning."""

    sequential = True
    inline_reasoning = False


async def shown(events: Sequence[Event], request: RequestVault, **options: Any) -> list[Any]:
    read = reply(events, request, **options)
    async with read:
        return [
            (type(event).__name__, event.text)
            async for event in flat(read)
            if isinstance(event, TextDelta | ReasoningDelta | ToolDelta)
        ]


async def test_T53_reasoning_in_the_text_is_treated_as_reasoning() -> None:
    request = vault()
    minted = request.put("EMAIL_ADDRESS", VALUE)
    for text in (f"<think>I see {minted}</think>done", f"I see {minted}</think>done"):
        events = deltas(text, range(0, len(text), 3))
        dropped, _ = await said(events, request, reasoning="drop")
        assert dropped == {"TextDelta": "done"}
        redacted, _ = await said(events, request, reasoning="redact")
        assert redacted == {"ReasoningDelta": f"I see {minted}", "TextDelta": "done"}
        passed, _ = await said(events, request, reasoning="pass")
        assert passed == {"TextDelta": text.replace(minted, VALUE)}
    split, _ = await said(deltas(f"<think>a {minted}</think>b"), request, dialect=Blocks())
    assert split == {"ReasoningDelta": f"a {VALUE}", "TextDelta": "b"}


async def test_reasoning_in_a_field_of_its_own_lets_text_pass_at_once() -> None:
    events: list[Event] = [
        ReasoningDelta(choice=0, text="hm "),
        TextDelta(choice=0, text="word "),
        *deltas("x"),
    ]
    assert await shown(events, vault(), reasoning="drop") == [
        ("TextDelta", "word "),
        ("TextDelta", "x"),
    ]


async def test_a_block_ends_before_the_next_begins_where_the_dialect_has_blocks() -> None:
    events: list[Event] = [
        TextDelta(choice=0, text="call 03-1234"),
        ToolDelta(choice=0, part=0, call_id="c", name="send", text=""),
        ToolDelta(choice=0, part=0, text="{}"),
        Finish(choice=0, reason="tool_calls"),
    ]
    assert await shown(events, vault(), dialect=Blocks()) == [
        ("TextDelta", "call "),
        ("TextDelta", "03-1234"),
        ("ToolDelta", ""),
        ("ToolDelta", "{}"),
    ]


async def test_a_value_that_goes_on_in_a_later_block_is_not_shown_whole() -> None:
    events: list[Event] = [
        TextDelta(choice=0, text="card 5555 5555 5555 "),
        ReasoningDelta(choice=0, text="hm"),
        TextDelta(choice=0, text="4444 ok"),
        Finish(choice=0, reason="stop"),
    ]
    texts = "".join(
        t for k, t in await shown(events, vault(), dialect=Blocks()) if k == "TextDelta"
    )
    assert "4444" not in texts
    texts, _ = await said(events, vault())  # type: ignore[assignment]
    assert texts["TextDelta"] == "card [CREDIT_CARD] ok"  # type: ignore[index]


async def test_a_number_in_an_unknown_place_passes_at_once_and_is_scanned() -> None:
    numbers = ("7", "5555555555554444")
    events = [UnknownField(choice=0, path=("x", n), text=n, number=True) for n in numbers]
    texts, _ = await said([*events, *deltas("ok")], vault())
    assert texts["UnknownField"] == "7[CREDIT_CARD]"


class Ends:
    """A recorder and a reservation that note their calls, and what the exchange held at each."""

    def __init__(self, *, full: bool = False) -> None:
        self.calls: list[str] = []
        self.output_bytes: list[int] = []
        self._full = full

    async def served(self, exchange: Any) -> None:
        if self._full:
            raise AuditUnavailable("full")
        self.calls.append("served")

    async def failed(self, exchange: Any, error: SekishoError) -> SekishoError:
        self.calls.append(f"failed {error.code}")
        return error

    def disconnected(self, exchange: Any) -> None:
        self.calls.append("disconnected")

    def fault(self, error: Exception) -> SekishoError:
        return SekishoError("a fault")

    def settle(self, exchange: Any) -> None:
        self.calls.append("settled")
        self.output_bytes.append(exchange.reply.output_bytes)


async def started(ends: Any, *, text: str = "Hello there") -> AsyncGenerator[bytes, None]:
    read = reply(deltas(text), vault())
    return await frames(read, exchange(), OpenAIChat().framer(read.call), ends, ends)


async def test_a_stream_is_settled_once_and_its_outcome_comes_before_its_last_frame() -> None:
    ends = Ends()
    stream = await started(ends)
    sent = [(frame, tuple(ends.calls)) async for frame in stream]
    assert sent[-1] == (b"data: [DONE]\n\n", ("served",))
    assert all(calls == () for _, calls in sent[:-1])
    assert ends.calls == ["served", "settled"]
    assert ends.output_bytes == [len("Hello there")]


async def test_a_stream_of_which_no_frame_was_taken_is_settled_and_recorded() -> None:
    ends = Ends()
    stream = await started(ends)
    await stream.aclose()
    assert ends.calls == ["settled", "disconnected"]


async def test_a_stream_that_is_left_midway_is_settled_and_recorded() -> None:
    ends = Ends()
    stream = await started(ends)
    await anext(stream)
    await stream.aclose()
    assert ends.calls == ["settled", "disconnected"]


async def test_what_was_read_before_the_caller_left_is_settled() -> None:
    ends = Ends()
    stream = await started(ends)
    async for frame in stream:
        if b"there" in frame:
            break
    await stream.aclose()
    assert ends.output_bytes == [len("Hello there")]


async def test_T21_no_last_frame_without_a_record() -> None:
    ends = Ends(full=True)
    sent = [frame async for frame in await started(ends)]
    assert b"[DONE]" not in b"".join(sent)
    assert b"audit_unavailable" in sent[-1]
    assert ends.calls == ["failed audit_unavailable", "settled"]


async def test_a_whole_reply_is_recorded_before_it_is_given_out() -> None:
    ends: Any = Ends()
    made = exchange()
    read = reply(deltas("Hello"), vault())
    assert b"Hello" in await document(read, made, OpenAIChat(), ends)
    assert made.reply.model == "upstream-model"
    assert ends.calls == ["served"]


async def test_a_whole_reply_that_breaks_off_is_not_shown() -> None:
    ends: Any = Ends()
    slot, made = Slot(), exchange()
    broken = UpstreamFailed("cut", fallback=False)
    read = reply(Upstream(deltas("Hello"), error=broken), vault(), slot=slot)
    with pytest.raises(UpstreamFailed):
        await document(read, made, OpenAIChat(), ends)
    assert ends.calls == []
    assert made.reply.output_bytes == len("Hello")
    assert slot.ends[0] is broken


async def test_comments_come_while_text_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeouts, "KEEP_ALIVE_COMMENT", 0.01)
    ends: Any = Ends()
    read = reply(Upstream(deltas("Hello"), pause=0.05), vault(), output_depth="whole")
    framer = OpenAIChat().framer(read.call)
    sent = [frame async for frame in await frames(read, exchange(), framer, ends, ends)]
    assert framer.comment() in sent
    assert b"Hello" in b"".join(sent)
    assert ends.calls == ["served", "settled"]


async def test_a_caller_who_leaves_while_text_is_held_stops_the_model_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(timeouts, "KEEP_ALIVE_COMMENT", 0.01)
    ends: Any = Ends()
    slot, upstream = Slot(), Upstream(deltas("Hello"), pause=60)
    read = reply(upstream, vault(), slot=slot, output_depth="whole")
    framer = OpenAIChat().framer(read.call)
    stream = await frames(read, exchange(), framer, ends, ends)
    while await anext(stream) != framer.comment():
        pass
    await stream.aclose()
    assert upstream.closed
    assert isinstance(slot.ends[0], asyncio.CancelledError)
    assert ends.calls == ["settled", "disconnected"]


async def test_the_slot_is_free_once_the_reply_was_read() -> None:
    slot = Slot()
    upstream = Upstream(deltas("Hello"))
    async with reply(upstream, vault(), slot=slot) as read:
        async for event in flat(read):
            if isinstance(event, TextDelta):
                assert slot.ends == []
        assert slot.ends == ["succeeded"]
    assert upstream.closed


async def test_a_stream_of_which_no_frame_was_taken_frees_the_slot() -> None:
    ends: Any = Ends()
    slot = Slot()
    read = reply(deltas("Hello"), vault(), slot=slot)
    await (await frames(read, exchange(), OpenAIChat().framer(read.call), ends, ends)).aclose()
    assert slot.ends == [None]


async def test_a_reply_past_its_bound_is_ended_and_the_model_server_stopped() -> None:
    slot, upstream = Slot(), Upstream(deltas("abcdefghi" * 1000, range(9, 9000, 9)))
    async with reply(upstream, vault(), slot=slot, meter=Meter(10)) as read:
        events = [event async for event in flat(read)]
    assert events[-1] == Finish(choice=0, reason="length")
    assert "".join(e.text for e in events if isinstance(e, TextDelta)) == "abcdefghi" * 10
    assert upstream.sent < 20
    assert upstream.closed
    assert slot.ends[0] is None


class Collecting:
    """A collector that notes what it was given."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def add(self, event: Event) -> None:
        self.events.append(event)

    async def store(self) -> list[Event]:
        return [ReplyStored()]


async def test_what_the_caller_saw_is_stored_and_reported_last() -> None:
    request, collector = vault(), Collecting()
    minted = request.put("EMAIL_ADDRESS", VALUE)
    async with reply(deltas(f"To {minted}", [2, 7]), request, collector=collector) as read:
        events = [event async for event in flat(read)]
    assert events == [*collector.events, ReplyStored()]
    assert "".join(e.text for e in events if isinstance(e, TextDelta)) == f"To {VALUE}"


async def test_a_long_text_gives_other_requests_a_turn() -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.ensure_future(count())
    async with reply(deltas("word 1234 " * 4000), vault()) as read:
        texts = [event.text async for event in flat(read) if isinstance(event, TextDelta)]
    other.cancel()
    assert "".join(texts) == "word 1234 " * 4000
    assert turns >= 9


@pytest.mark.parametrize("stream", [True, False])
async def test_a_long_reply_is_treated_the_same_whole_and_streamed(stream: bool) -> None:
    text = ("word " * 50 + "5555 5555 5555 4444, ") * 100
    texts, stats = await said(deltas(text), vault(), stream=stream)
    assert texts["TextDelta"] == text.replace("5555 5555 5555 4444", "[CREDIT_CARD]")
    assert stats.generated == {"CREDIT_CARD": 100}
