"""A reply is given out, settled and recorded, however it ends."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from gateway import deliver, timeouts
from gateway.deliver import document, frames
from gateway.dialects.openai.chat import OpenAIChat
from gateway.errors import AuditUnavailable, SekishoError, UpstreamFailed
from gateway.types import Event
from tests.redact.samples import vault
from tests.test_respond import START, deltas, reply


class Ledger:
    """Notes what a recorder and a reservation are told."""

    def __init__(self, *, full: bool = False) -> None:
        self.told: list[str] = []
        self._full = full

    async def served(self, exchange: Any) -> None:
        if self._full:
            raise AuditUnavailable("full")
        self.told.append("served")

    async def failed(self, exchange: Any, error: SekishoError) -> SekishoError:
        self.told.append(f"failed {error.code}")
        return error

    def disconnected(self, exchange: Any) -> None:
        self.told.append("disconnected")

    def fault(self, error: Exception) -> SekishoError:
        return SekishoError("a fault")

    def settle(self, exchange: Any) -> None:
        self.told.append("settled")


async def begun(ledger: Any, *, text: str = "Hello there") -> AsyncGenerator[bytes, None]:
    read, _ = reply(deltas(text), vault())
    return await frames(read, OpenAIChat().framer(read.call), ledger, ledger)


async def test_a_stream_is_settled_once_and_its_outcome_comes_before_its_last_frame() -> None:
    ledger = Ledger()
    stream = await begun(ledger)
    shown = [(frame, tuple(ledger.told)) async for frame in stream]
    assert shown[-1] == (b"data: [DONE]\n\n", ("served",))
    assert all(told == () for _, told in shown[:-1])
    assert ledger.told == ["served", "settled"]


async def test_a_stream_of_which_no_frame_was_taken_is_settled_and_recorded() -> None:
    ledger = Ledger()
    stream = await begun(ledger)
    await stream.aclose()
    assert ledger.told == ["settled", "disconnected"]


async def test_a_stream_that_is_left_midway_is_settled_and_recorded() -> None:
    ledger = Ledger()
    stream = await begun(ledger)
    await anext(stream)
    await stream.aclose()
    assert ledger.told == ["settled", "disconnected"]


async def test_T21_no_last_frame_without_a_record() -> None:
    ledger = Ledger(full=True)
    shown = [frame async for frame in await begun(ledger)]
    assert b"[DONE]" not in b"".join(shown)
    assert b"audit_unavailable" in shown[-1]
    assert ledger.told == ["failed audit_unavailable", "settled"]


async def test_a_whole_reply_is_recorded_before_it_is_given_out() -> None:
    ledger: Any = Ledger()
    read, _ = reply(deltas("Hello"), vault())
    assert b"Hello" in await document(read, OpenAIChat(), ledger)
    assert ledger.told == ["served"]


async def test_a_whole_reply_that_breaks_off_is_not_shown() -> None:
    ledger: Any = Ledger()

    def broken() -> list[Event]:
        raise UpstreamFailed("cut", fallback=False)

    read, _ = reply(deltas("Hello"), vault())
    read.events = _breaking(read.events, broken)
    with pytest.raises(UpstreamFailed):
        await document(read, OpenAIChat(), ledger)
    assert ledger.told == []


async def _breaking(events: Any, broken: Any) -> AsyncGenerator[list[Event], None]:
    async for batch in events:
        yield batch
    broken()


async def test_comments_come_while_text_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeouts, "KEEP_ALIVE_COMMENT", 0.01)

    async def slow() -> AsyncGenerator[list[Event], None]:
        await asyncio.sleep(0.05)
        yield [START]

    ticks = [event async for event in deliver._with_keep_alive(slow())]
    assert ticks.count(None) >= 1
    assert ticks[-1] == [START]
