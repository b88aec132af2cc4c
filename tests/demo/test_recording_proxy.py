"""The recording proxy records everything and changes nothing unless configured to."""

import asyncio
from contextlib import aclosing

import aiohttp

from gateway.demo.recording_proxy import RecordingProxy
from tests.parts.scripted import ScriptedUpstream, completion, stream


async def test_requests_and_replies_are_recorded_and_passed_on() -> None:
    async with (
        ScriptedUpstream(completion({"content": "hi"})) as upstream,
        RecordingProxy(upstream.base_url) as tap,
        aiohttp.ClientSession() as session,
    ):
        url = f"{tap.base_url}/chat/completions?x=1"
        async with session.post(url, data=b'{"a": 1}', headers={"x-test": "1"}) as reply:
            body = await reply.read()
    assert upstream.requests[0].body == b'{"a": 1}'
    assert tap.exchanges[0].request_body == b'{"a": 1}'
    assert tap.exchanges[0].reply_body == body
    assert b"x-test" in tap.received
    assert tap.bytes_received == len(tap.received)


async def test_what_is_recorded_is_what_came_in_not_what_was_rewritten() -> None:
    upstream = ScriptedUpstream(stream({"content": "a"}, {"content": "b"}))
    async with upstream, RecordingProxy(upstream.base_url, rewrite=lambda body: body + b" ") as tap:
        async with aiohttp.ClientSession() as session:
            async with session.post(f"{tap.base_url}/chat/completions", data=b"{}") as reply:
                assert (await reply.read()).endswith(b"data: [DONE]\n\n")
    assert tap.exchanges[0].request_body == b"{}"
    assert upstream.requests[0].body == b"{} "


async def test_who_follows_gets_each_request_from_then_on() -> None:
    async with (
        ScriptedUpstream(completion({"content": "hi"})) as upstream,
        RecordingProxy(upstream.base_url) as tap,
        aiohttp.ClientSession() as session,
    ):
        url = f"{tap.base_url}/chat/completions"
        async with session.post(url, data=b"before"):
            pass
        async with aclosing(tap.following()) as following:
            next_one = asyncio.ensure_future(anext(following))
            await asyncio.sleep(0)
            async with session.post(url, data=b"after"):
                pass
            assert (await next_one).request_body == b"after"
