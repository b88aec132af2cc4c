"""What a model server says is bounded and checked, and its faults are its own: through a complete gateway."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.upstream.protocol.limits import MAX_UNKNOWN
from gateway.upstream.protocol.usage import MAX_TOKENS
from tests.parts.gateways import KEY, Served, serving
from tests.parts.redis import RedisServer
from tests.parts.scripted import Script, ScriptedUpstream, chunk, completion, stream
from tests.parts.surfaces import ANTHROPIC, CHAT, OLLAMA_CHAT, RESPONSES, Surface

HEADERS = {"authorization": f"Bearer {KEY}"}
on_each = pytest.mark.parametrize(
    "surface", [CHAT, RESPONSES, ANTHROPIC, OLLAMA_CHAT], ids=lambda surface: surface.name
)


@pytest.fixture
async def server() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream(Script()) as running:
        yield running


async def post(served: Served, surface: Surface, *, streamed: bool) -> tuple[int, bytes]:
    body = surface.body("Hello", stream=streamed)
    async with (
        aiohttp.ClientSession(headers=HEADERS) as session,
        session.post(served.url + surface.path, json=body) as reply,
    ):
        return reply.status, await reply.read()


@on_each
async def test_B16_a_stream_of_new_parts_ends_in_an_error(
    server: ScriptedUpstream, tmp_path: Path, surface: Surface
) -> None:
    deltas: list[Any] = [{"content": "x", "zz": {f"k{n}": "x"}} for n in range(MAX_UNKNOWN + 10)]
    server.scripts = [stream(*deltas)]
    async with serving(tmp_path, base_url=server.base_url) as served:
        _, body = await post(served, surface, streamed=True)
        record = served.records()[-1]
    assert (record["outcome"], record["code"]) == ("failed", "upstream_error")
    assert b"too many parts" in body


@on_each
@pytest.mark.parametrize("index", [b"1" + b"0" * 30, b"-1", b"1.5", b'"0"', b"true"])
async def test_B36_an_index_that_is_none_is_the_servers_fault(
    server: ScriptedUpstream, tmp_path: Path, surface: Surface, index: bytes
) -> None:
    (whole,) = completion({"content": "x"}).chunks
    part = chunk({"content": "x"})
    wrong = b'"index": ' + index
    async with serving(tmp_path, base_url=server.base_url) as served:
        server.scripts = [Script(chunks=(whole.replace(b'"index": 0', wrong),))]
        status, _ = await post(served, surface, streamed=False)
        server.scripts = [stream(part.replace(b'"index": 0', wrong))]
        streamed, _ = await post(served, surface, streamed=True)
        records = served.records()
    assert (status, streamed) == (502, 502)
    ends = [record for record in records if record["outcome"]]
    assert {(end["code"], end["source"]) for end in ends} == {("upstream_error", "upstream")}


@pytest.mark.parametrize(
    ("reported", "left"),
    [
        ({"prompt_tokens": -1_000_000, "completion_tokens": 0}, 20_000),
        ({"prompt_tokens": 10**18, "completion_tokens": 1}, 0),
        ({"prompt_tokens": 1e300, "completion_tokens": 1}, 0),
        ({"prompt_tokens": True, "completion_tokens": "many"}, 20_000),
        ({"prompt_tokens": 1000.5, "completion_tokens": [1]}, 19_000),
    ],
)
@pytest.mark.parametrize("redis", [False, True], ids=["memory", "redis"])
async def test_B35_counts_are_clamped_booked_and_recorded(
    server: ScriptedUpstream, tmp_path: Path, reported: Any, left: int, *, redis: bool
) -> None:
    quota = {"name": "day", "count": "tokens", "limit": 20_000, "calendar": "month"}
    usage = {**reported, "prompt_tokens_details": {"cached_tokens": -5}}
    server.scripts = [completion({"content": "x"}, usage=usage)]
    async with RedisServer(tmp_path) as store:
        state: dict[str, Any] = {"state": {"url": store.url}} if redis else {}
        async with serving(tmp_path, base_url=server.base_url, quotas=[quota], **state) as served:
            status, body = await post(served, CHAT, streamed=False)
            record = served.records()[-1]
            await served.gateway.counters.close()
            # The look itself reserves a few tokens.
            assert left - 100 < await _left(served) <= left
    told = json.loads(body)["usage"]
    assert status == 200
    assert 0 <= told["prompt_tokens"] <= MAX_TOKENS
    assert record["usage_clamped"] is True
    assert (record["input_tokens"], record["output_tokens"]) == (
        told["prompt_tokens"],
        told["completion_tokens"],
    )


async def _left(served: Served) -> int:
    """Tokens that are left, as an answer's header says."""
    body = {**CHAT.body("Hello"), "max_tokens": 1}
    async with (
        aiohttp.ClientSession(headers=HEADERS) as session,
        session.post(served.url + CHAT.path, json=body) as reply,
    ):
        return 0 if reply.status == 429 else int(reply.headers["x-ratelimit-remaining-tokens"])


async def test_B43_the_record_names_why_a_connection_failed(
    server: ScriptedUpstream, tmp_path: Path
) -> None:
    await server.__aexit__()
    async with serving(tmp_path, base_url=server.base_url) as served:
        status, body = await post(served, CHAT, streamed=False)
        record = served.records()[-1]
    assert (status, record["code"], record["cause"]) == (
        502,
        "upstream_error",
        "connection_refused",
    )
    assert b"could not be reached" in body
    assert str(server.port).encode() not in body
    assert b"connection_refused" not in body
