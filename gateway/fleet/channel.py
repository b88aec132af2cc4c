"""The control channel between the supervisor and a worker: one JSON document a line, over a socket pair.

The pair has no name in the file system, so no other process can connect to it. It closes when either process
ends: a worker notices at once that its supervisor has ended.
"""

import asyncio
import socket
from collections.abc import Mapping
from itertools import count
from typing import Any, Final, Self

import orjson

_MAX_LINE_BYTES: Final = 16 * 1024 * 1024
"""Bytes of one line: a whole configuration is sent as one."""


class ChannelClosed(Exception):
    """The other end is closed, or did not answer in time."""


class Channel:
    """One end of the channel."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._request_lock = asyncio.Lock()
        self._ids = count(1)

    @classmethod
    async def open(cls, end: socket.socket) -> Self:
        """The channel over one end of a pair."""
        return cls(*await asyncio.open_connection(sock=end, limit=_MAX_LINE_BYTES))

    async def send(self, document: Mapping[str, Any]) -> None:
        """Send one document.

        Raises:
            ChannelClosed: the other end is closed.
        """
        try:
            self._writer.write(orjson.dumps(document) + b"\n")
            await self._writer.drain()
        except OSError:
            raise ChannelClosed from None

    async def receive(self) -> dict[str, Any]:
        """The next document.

        Raises:
            ChannelClosed: the other end is closed.
        """
        try:
            line = await self._reader.readline()
        except (OSError, ValueError):  # a ValueError: the line is over the limit
            raise ChannelClosed from None
        # The stream has ended, perhaps in the middle of a line.
        if not line.endswith(b"\n"):
            raise ChannelClosed
        document: dict[str, Any] = orjson.loads(line)
        return document

    async def ask(self, command: str, seconds: float, **given: Any) -> dict[str, Any]:
        """Send a command and return its answer. Late answers to earlier commands are skipped.

        Raises:
            ChannelClosed: no answer within ``seconds``, or the other end is closed.
        """
        try:
            async with asyncio.timeout(seconds), self._request_lock:
                number = next(self._ids)
                await self.send({"id": number, "ask": command, **given})
                while (answer := await self.receive()).get("id") != number:
                    pass
                return answer
        except TimeoutError:
            raise ChannelClosed from None

    def close(self) -> None:
        """Close this end."""
        self._writer.close()
