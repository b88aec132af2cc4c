"""How long a reader waits: one timer, moved on as often as something comes."""

import asyncio
from typing import Any, cast

import aiohttp
import pytest

from gateway.upstream.transport.read_timeout import ReadTimeout

SHORT, LONG = 0.02, 60.0


class Content:
    """In place of aiohttp's reader: its exception is set once, when the wait is over."""

    def __init__(self) -> None:
        self.error_set: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()

    def set_exception(self, error: BaseException) -> None:
        self.error_set.set_result(error)


def read_timeout(content: Content, seconds: float) -> ReadTimeout:
    until = asyncio.get_running_loop().time() + seconds
    return ReadTimeout(cast(aiohttp.StreamReader, cast(Any, content)), until)


async def test_a_wait_that_is_too_long_ends() -> None:
    content = Content()
    with read_timeout(content, SHORT):
        assert isinstance(await content.error_set, TimeoutError)


async def test_a_shorter_wait_than_the_first_ends_in_its_own_time() -> None:
    content = Content()
    with read_timeout(content, LONG) as waits:
        waits.pause()
        waits.restart(SHORT, latest=asyncio.get_running_loop().time() + LONG)
        assert isinstance(await asyncio.wait_for(content.error_set, LONG / 2), TimeoutError)


async def test_the_latest_time_holds_however_often_a_wait_is_renewed() -> None:
    content = Content()
    latest = asyncio.get_running_loop().time() + SHORT
    with read_timeout(content, LONG) as waits:
        for _ in range(3):
            waits.pause()
            waits.restart(LONG, latest)
        assert isinstance(await asyncio.wait_for(content.error_set, LONG / 2), TimeoutError)


async def test_nothing_ends_while_paused_nor_after_the_end() -> None:
    content = Content()
    with read_timeout(content, SHORT) as waits:
        waits.pause()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(content.error_set), 3 * SHORT)
    with read_timeout(content, SHORT):
        pass
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(content.error_set), 3 * SHORT)
