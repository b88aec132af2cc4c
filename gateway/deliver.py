"""Gives a reply out: whole, or frame by frame, its last frame once the outcome is durable."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from gateway import timeouts
from gateway.audit.recorder import Recorder
from gateway.dialects.base import Dialect, Framer
from gateway.errors import SekishoError
from gateway.quota.quotas import Reservation
from gateway.respond import Reply
from gateway.types import Event


class _End:
    """Marks the end of the events."""


_END = _End()


async def document(reply: Reply, dialect: Dialect, recorder: Recorder) -> bytes:
    """A whole reply, given out once its outcome is durable.

    Raises:
        SekishoError: the upstream, the scan or the audit log failed: nothing of the reply is shown.
    """
    async with reply:
        events = [event async for batch in reply.events for event in batch]
    body = dialect.assemble(reply.call, events)
    await recorder.served(reply.exchange)
    return body


async def frames(
    reply: Reply, framer: Framer, recorder: Recorder, reservation: Reservation
) -> AsyncGenerator[bytes, None]:
    """A streamed reply, frame by frame; the last one only once the outcome is durable.

    A failure ends the stream with the dialect's error frame and nothing after it. The frames have begun when
    this returns, so that closing them settles and records the request even if none was taken.
    """
    begun = _frames(reply, framer, recorder, reservation)
    await anext(begun)
    return begun


async def _frames(
    reply: Reply, framer: Framer, recorder: Recorder, reservation: Reservation
) -> AsyncGenerator[bytes, None]:
    ended = False
    try:
        yield b""
        async with reply, aclosing(_ready(reply, framer)) as ready:
            async for frame in ready:
                yield frame
        await recorder.served(reply.exchange)
        ended = True
        yield framer.done()
    except SekishoError as error:
        ended = True
        safe_error = await recorder.failed(reply.exchange, error)
        yield framer.error(safe_error, reply.exchange.request_id)
    except Exception as error:  # noqa: BLE001  # the stage boundary: an unknown fault ends the reply
        ended = True
        safe_error = await recorder.failed(reply.exchange, recorder.fault(error))
        yield framer.error(safe_error, reply.exchange.request_id)
    finally:
        reservation.settle(reply.exchange)
        if not ended:
            recorder.disconnected(reply.exchange)


async def _ready(reply: Reply, framer: Framer) -> AsyncGenerator[bytes, None]:
    events = _with_keep_alive(reply.events) if reply.buffers else reply.events
    async with aclosing(events) as batches:
        async for batch in batches:
            frame = framer.comment() if batch is None else b"".join(map(framer.feed, batch))
            if frame:
                yield frame


async def _with_keep_alive(
    events: AsyncGenerator[list[Event], None],
) -> AsyncGenerator[list[Event] | None, None]:
    """The events, with ``None`` whenever none came for a while, so that nobody gives up waiting."""
    pending = asyncio.ensure_future(anext(events, _END))
    try:
        while True:
            done, _ = await asyncio.wait({pending}, timeout=timeouts.KEEP_ALIVE_COMMENT)
            if not done:
                yield None
                continue
            batch = pending.result()
            if isinstance(batch, _End):
                return
            yield batch
            pending = asyncio.ensure_future(anext(events, _END))
    finally:
        pending.cancel()
        await asyncio.wait({pending})
