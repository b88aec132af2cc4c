import asyncio
import socket

import orjson
import pytest

from gateway.detect.base import Passage, Span
from gateway.detect.workers.frames import (
    Channel,
    decode_job,
    decode_spans,
    encode_job,
    encode_spans,
    receive,
    send,
)


def test_jobs_and_spans_survive_a_round_trip() -> None:
    passages = [Passage(text="田中\n\0", key="氏名", languages=("en", "ja")), Passage(text="")]
    assert decode_job(encode_job(passages)) == passages
    spans = [(Span(start=0, end=2, entity="PERSON", score=0.85, detector="ner"),), ()]
    assert decode_spans(orjson.loads(encode_spans(spans))) == spans


async def test_a_frame_in_pieces_is_one_answer_and_two_in_one_piece_are_two() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        channel = await Channel.over(ours)
        frame = b"\0\0\0\x05[1,2]"
        for byte in frame[:-1]:
            theirs.sendall(bytes((byte,)))
            await asyncio.sleep(0)
        theirs.sendall(frame[-1:] + frame)
        assert await channel.answer() == [1, 2]
        assert await channel.answer() == [1, 2]
        channel.close()


async def test_a_job_longer_than_any_buffer_is_answered() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        channel = await Channel.over(ours)
        answer = asyncio.ensure_future(channel.request(orjson.dumps("x" * 3_000_000)))
        body = await asyncio.to_thread(receive, theirs)
        assert body is not None
        await asyncio.to_thread(send, theirs, body)
        assert len(await answer) == 3_000_000
        channel.close()


async def test_a_pending_request_fails_when_the_other_side_closes() -> None:
    ours, theirs = socket.socketpair()
    channel = await Channel.over(ours)
    answer = asyncio.ensure_future(channel.request(b"[]"))
    await asyncio.sleep(0)
    theirs.close()
    with pytest.raises(ConnectionError):
        await answer
    await channel.closed
    with pytest.raises(ConnectionError):
        await channel.request(b"[]")


async def test_invalid_json_is_an_error() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        channel = await Channel.over(ours)
        send(theirs, b"{")
        with pytest.raises(orjson.JSONDecodeError):
            await channel.answer()
        channel.close()


def test_receiving_ends_when_the_other_side_closes() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            theirs.sendall(b"\0\0\0\x05[1")
        assert receive(ours) is None
