"""Replies: the same text for any split, nothing unscanned, nothing restored where it must not be."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.detect.base import Span
from gateway.detect.scan.lists import DetectionLists
from gateway.dialects.base import Dialect
from gateway.dialects.openai.chat import OpenAIChat
from gateway.exchange import Exchange
from gateway.policy.decide.permit import clear
from gateway.redact.vault import RequestVault
from gateway.respond import OpenReply, Reply
from gateway.types import (
    Event,
    Finish,
    MaskedCall,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolDelta,
    UnknownField,
    UsageEvent,
)
from tests.parts.samples import decision, deployment
from tests.redact.samples import call, vault

START = Start(id="c1", model="upstream-model", created=1)
VALUE = "kenji.tanaka@example.co.jp"


class WholeScanner:
    """Finds one word in a whole reply, as the detectors would."""

    async def scan_text(
        self, text: str, tenant: str, app: str, lists: DetectionLists
    ) -> tuple[Span, ...]:
        at = text.find("Yamada")
        if at < 0:
            return ()
        return (Span(start=at, end=at + 6, entity="PERSON", score=1.0, detector="test"),)


def reply(
    events: Sequence[Event],
    request: RequestVault,
    *,
    tools: frozenset[str] = frozenset(),
    dialect: Dialect | None = None,
    **verdict: Any,
) -> tuple[Reply, Exchange]:
    async def rest() -> AsyncGenerator[Sequence[Event], None]:
        for event in events:
            yield [event]

    sent = call(f"I am {VALUE}")
    masked = MaskedCall(
        dialect="openai",
        operation="chat.completions",
        model="m",
        stream=True,
        document={},
        neutral={},
        redactions={},
    )
    cleared = clear(
        call=masked,
        vault=request,
        decision=decision({"r1-a": True}, **verdict),
        deployment=deployment(),
    )
    open_reply = OpenReply(
        first=[START], rest=rest(), call=_with_tools(sent, tools), cleared=cleared
    )
    exchange = Exchange(request_id="r", started=0.0, dialect="openai", operation="chat.completions")
    scanner: Any = WholeScanner()
    return Reply(open_reply, exchange, scanner, dialect or OpenAIChat()), exchange


def _with_tools(sent: Any, tools: frozenset[str]) -> Any:
    return replace(sent, tools=tools)


async def flat(read: Reply) -> AsyncGenerator[Event, None]:
    async for batch in read.events:
        for event in batch:
            yield event


async def said(
    events: Sequence[Event], request: RequestVault, **options: Any
) -> tuple[dict[str, str], Exchange]:
    """The text of each kind of event, joined."""
    read, exchange = reply(events, request, **options)
    texts: dict[str, str] = {}
    async with read:
        async for event in flat(read):
            if isinstance(event, TextDelta | ReasoningDelta | ToolDelta | UnknownField):
                name = type(event).__name__
                texts[name] = texts.get(name, "") + event.text
    return texts, exchange


def deltas(text: str, cuts: Sequence[int] = ()) -> list[Event]:
    edges = [0, *sorted(min(c, len(text)) for c in cuts), len(text)]
    pieces = [text[a:b] for a, b in pairwise(edges)]
    return [*(TextDelta(choice=0, text=p) for p in pieces), Finish(choice=0, reason="stop")]


@given(st.lists(st.integers(0, 140), max_size=12))
@settings(deadline=None)
async def test_any_split_shows_the_same_text(cuts: list[int]) -> None:
    request = vault()
    minted = request.put("EMAIL_ADDRESS", VALUE)
    text = f"To {minted}: call 03-1234-5678 or {VALUE}, card 5555 5555 5555 4444, {minted[:-4]}"
    texts, exchange = await said(deltas(text, cuts), request)
    shown = f"To {VALUE}: call [PHONE_NUMBER] or {VALUE}, card [CREDIT_CARD], "
    assert texts["TextDelta"] == shown
    assert exchange.generated == {"PHONE_NUMBER": 1, "CREDIT_CARD": 1}
    assert (exchange.restored, exchange.unrestored) == (1, 1)


async def test_depth_whole_scans_with_every_detector_before_anything_is_shown() -> None:
    texts, exchange = await said(deltas("I know Yamada well", [9]), vault(), output_depth="whole")
    assert texts["TextDelta"] == "I know [PERSON] well"
    assert exchange.generated == {"PERSON": 1}


@pytest.mark.parametrize(("mode", "shown"), [("pass", VALUE), ("redact", "MINTED"), ("drop", None)])
async def test_the_three_modes_of_reasoning(mode: str, shown: str | None) -> None:
    request = vault()
    minted = request.put("EMAIL_ADDRESS", VALUE)
    events = [ReasoningDelta(choice=0, text=f"{minted} 5555 5555 5555 4444 "), *deltas("done")]
    texts, exchange = await said(events, request, reasoning=mode)
    expected = None if shown is None else f"{shown.replace('MINTED', minted)} [CREDIT_CARD] "
    assert texts.get("ReasoningDelta") == expected
    assert texts["TextDelta"] == "done"
    assert exchange.generated == {"CREDIT_CARD": 1}


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


async def test_usage_and_model_go_to_the_ledger() -> None:
    usage = UsageEvent(input_tokens=3, output_tokens=5)
    _, exchange = await said([*deltas("ok"), usage], vault())
    assert exchange.usage is usage
    assert exchange.reply_model == "upstream-model"


class Blocks(OpenAIChat):
    """A dialect whose replies are rows of blocks, with a place for reasoning."""

    sequential = True
    inline_reasoning = False


async def shown(events: Sequence[Event], request: RequestVault, **options: Any) -> list[Any]:
    read, _ = reply(events, request, **options)
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
