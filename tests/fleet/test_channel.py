"""The channel between supervisor and worker: answers match commands, and a closed end is noticed."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.fleet.channel import Channel, ChannelClosed


@pytest.fixture
async def pair() -> AsyncIterator[tuple[Channel, Channel]]:
    ours, theirs = socket.socketpair()
    here, there = await Channel.open(ours), await Channel.open(theirs)
    yield here, there
    here.close()
    there.close()


async def answering(channel: Channel, **more: Any) -> None:
    command = await channel.receive()
    await channel.send({"id": command["id"], "command": command["ask"], **more})


async def test_a_command_is_answered(pair: tuple[Channel, Channel]) -> None:
    here, there = pair
    _, answer = await asyncio.gather(answering(there), here.ask("health", 5))
    assert answer["command"] == "health"


async def test_a_late_answer_is_skipped(
    pair: tuple[Channel, Channel],
) -> None:
    here, there = pair
    with pytest.raises(ChannelClosed):
        await here.ask("first", 0.01)
    _, _, answer = await asyncio.gather(
        answering(there), _later(answering, there), here.ask("second", 5)
    )
    assert answer["command"] == "second"


async def test_the_end_of_the_other_side_is_noticed(pair: tuple[Channel, Channel]) -> None:
    here, there = pair
    there.close()
    with pytest.raises(ChannelClosed):
        await here.receive()
    with pytest.raises(ChannelClosed):
        await here.ask("health", 5)


async def test_a_partial_line_is_not_a_document() -> None:
    ours, theirs = socket.socketpair()
    channel = await Channel.open(ours)
    theirs.sendall(b'{"revision": "a"')
    theirs.close()
    with pytest.raises(ChannelClosed):
        await channel.receive()
    channel.close()


async def _later(work: Any, channel: Channel) -> None:
    await asyncio.sleep(0.05)
    await work(channel)
