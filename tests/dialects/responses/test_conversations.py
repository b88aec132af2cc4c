"""Kept replies: whose they are, for how long, and what a store that fails changes."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from gateway.dialects.responses.conversations import Conversations
from gateway.errors import NotFound, PreviousNotFound, UnsupportedField
from gateway.keys import KeyRing
from gateway.settings.state import State
from gateway.state.memory import MemoryState
from gateway.state.vault import StoredVault
from gateway.types import Call, Event, Finish, ReplyStored, Start, TextDelta
from tests.dialects.responses.test_dialect import parse
from tests.parts.samples import principal

RING = KeyRing.new()
REPLY: list[Event] = [
    Start(id="c1", model="up", created=7),
    TextDelta(choice=0, text="Hello"),
    Finish(choice=0, reason="stop"),
]


class Setting:
    """Conversations over the memory of one process, with a clock of their own."""

    def __init__(self, **changes: Any) -> None:
        self.now = 1000.0
        self.vault = StoredVault(MemoryState(now=lambda: self.now), RING)
        self.kept = Conversations(self.vault, State(**{"replies_seconds": 60, **changes}))

    async def talk(self, call: Call, events: list[Event] = REPLY) -> list[Event]:
        """The events that the caller gets."""
        collector = self.kept.collector(principal(), call)
        assert collector is not None
        for event in events:
            collector.add(event)
        return [*events, *await collector.store()]


async def begun(setting: Setting, **fields: Any) -> Call:
    return await setting.kept.with_history(principal(), parse(**fields))


async def test_a_reply_is_stored_for_its_time_and_for_who_received_it() -> None:
    setting = Setting()
    first = await begun(setting, input="one")
    assert await setting.talk(first) == [*REPLY, ReplyStored()]
    second = await begun(setting, input="two", previous_response_id=first.reply_id)
    assert second.reply_id not in ("", first.reply_id)
    assert [item.get("role") for item in second.document["input"]] == ["user", "assistant", "user"]
    for who in (
        principal("other"),
        principal(tenant="globex"),
        replace(principal(), user="user-mari"),
    ):
        with pytest.raises(PreviousNotFound):
            await setting.kept.with_history(who, parse(previous_response_id=first.reply_id))
        with pytest.raises(NotFound):
            await setting.kept.retrieve(who, first.reply_id)
        with pytest.raises(NotFound):
            await setting.kept.delete(who, first.reply_id)
    setting.now += 61
    with pytest.raises(PreviousNotFound):
        await begun(setting, previous_response_id=first.reply_id)


async def test_a_reply_is_given_out_and_deleted() -> None:
    setting = Setting()
    first = await begun(setting)
    await setting.talk(first)
    retrieved = orjson.loads(await setting.kept.retrieve(principal(), first.reply_id))
    assert retrieved["id"] == first.reply_id
    await setting.kept.delete(principal(), first.reply_id)
    with pytest.raises(NotFound):
        await setting.kept.retrieve(principal(), first.reply_id)


async def test_who_wants_nothing_stored_gets_no_id() -> None:
    assert (await begun(Setting(), store=False)).reply_id == ""
    assert (await begun(Setting(replies_seconds=0), store=True)).reply_id == ""
    with pytest.raises(UnsupportedField, match="send the earlier items again"):
        await begun(Setting(replies_seconds=0), previous_response_id="resp_1")


@pytest.mark.parametrize("events", [REPLY[:-1], []])
async def test_what_did_not_end_is_not_stored(events: list[Event]) -> None:
    setting = Setting()
    first = await begun(setting)
    assert await setting.talk(first, events) == events
    with pytest.raises(NotFound):
        await setting.kept.retrieve(principal(), first.reply_id)


async def test_a_conversation_that_is_too_long_is_not_stored() -> None:
    setting = Setting(reply_bytes=1024)
    assert await setting.talk(await begun(setting, input="x" * 900)) == REPLY


async def test_a_call_without_an_id_has_no_collector() -> None:
    setting = Setting()
    call = await begun(setting, store=False)
    assert setting.kept.collector(principal(), call) is None
