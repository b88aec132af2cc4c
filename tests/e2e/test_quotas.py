"""Quotas through a whole gateway: what is sent, what is told, what is settled; and a store that fails."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from tests.parts.gateways import Served, serving
from tests.parts.redis import RedisServer
from tests.parts.scripted import Script, ScriptedUpstream, completion, stream

PACE = {"name": "pace", "count": "requests", "limit": 3, "window_seconds": 3600, "per": ["key"]}
DAY = {"name": "day", "count": "tokens", "limit": 20_000, "calendar": "month"}


@pytest.fixture
async def upstream() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream(completion({"content": "ok"})) as running:
        yield running


async def ask(served: Served, **more: Any) -> httpx.Headers:
    messages: Any = [{"role": "user", "content": "hello"}]
    async with served.client() as client:
        reply = await client.chat.completions.with_raw_response.create(
            model="deepseek-r1", messages=messages, **more
        )
        headers: httpx.Headers = reply.headers
        return headers


async def remaining(served: Served) -> int:
    """Tokens that are left, this look not counted: its own reservation is told and given back."""
    await asyncio.sleep(0.05)
    headers = await ask(served, max_tokens=1)
    return int(headers["x-ratelimit-remaining-tokens"])


async def test_limits_are_told_and_kept(upstream: ScriptedUpstream, tmp_path: Path) -> None:
    async with serving(tmp_path, base_url=upstream.base_url, quotas=[PACE]) as served:
        told = [await ask(served) for _ in range(3)]
        with pytest.raises(openai.RateLimitError) as caught:
            await ask(served)
        refusal = served.records()[-1]
    assert [headers["x-ratelimit-remaining-requests"] for headers in told] == ["2", "1", "0"]
    assert told[0]["x-ratelimit-limit-requests"] == "3"
    assert told[2]["x-sekisho-quota-warning"] == "pace"
    assert caught.value.code == "rate_limited"
    assert 3500 < int(caught.value.response.headers["retry-after"]) <= 3700
    assert len(upstream.requests) == 3
    assert (refusal["kind"], refusal["code"]) == ("refusal", "rate_limited")
    assert "max_tokens" not in upstream.requests[0].json()


async def test_the_bound_that_was_reserved_is_sent(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    limits = {"output_tokens": 500}
    async with serving(tmp_path, base_url=upstream.base_url, quotas=[DAY], limits=limits) as served:
        await ask(served)
        await ask(served, max_completion_tokens=9)
        with pytest.raises(openai.RateLimitError) as caught:
            await ask(served, max_tokens=30_000)
    assert caught.value.code == "budget_exhausted"
    first, second = (seen.json() for seen in upstream.requests)
    assert first["max_tokens"] == 500
    assert second["max_completion_tokens"] == 9
    assert "max_tokens" not in second


async def test_T49_what_a_caller_who_left_had_received_is_charged(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    upstream.scripts = [stream(*({"content": "word " * 40} for _ in range(50)), pause=0.05)]
    async with serving(tmp_path, base_url=upstream.base_url, quotas=[DAY]) as served:
        async with served.client() as client:
            messages: Any = [{"role": "user", "content": "hello"}]
            reply = await client.chat.completions.create(
                model="deepseek-r1", messages=messages, stream=True, max_tokens=9000
            )
            async for _ in reply:
                break
            await reply.close()
        upstream.scripts = [completion({"content": "ok"})]
        await asyncio.sleep(0.5)
        left = await remaining(served)
    assert 20_000 - 9000 < left < 20_000 - 200


async def test_a_server_that_disregards_its_bound_is_cut_off_while_it_streams(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    endless = stream(*({"content": "on and on "} for _ in range(10_000)))
    upstream.scripts = [endless]
    async with serving(tmp_path, base_url=upstream.base_url, quotas=[DAY]) as served:
        async with served.client() as client:
            messages: Any = [{"role": "user", "content": "hello"}]
            chunks = [
                chunk.choices[0]
                async for chunk in await client.chat.completions.create(
                    model="deepseek-r1", messages=messages, stream=True, max_tokens=50
                )
            ]
        upstream.scripts = [completion({"content": "ok"})]
        left = await remaining(served)
    assert (chunks[-1].finish_reason, served.records()[1]["outcome"]) == ("length", "served")
    assert sum(len(choice.delta.content or "") for choice in chunks) <= 50 * 10
    assert left > 20_000 - 50 - 300


@pytest.mark.parametrize("script", [Script(status=500), Script(chunks=(b"nonsense",))])
async def test_a_model_server_that_fails_costs_no_tokens(
    upstream: ScriptedUpstream, tmp_path: Path, script: Script
) -> None:
    async with serving(tmp_path, base_url=upstream.base_url, quotas=[DAY]) as served:
        before = await remaining(served)
        upstream.scripts = [script]
        with pytest.raises(openai.APIStatusError):
            await ask(served, max_tokens=5000)
        upstream.scripts = [completion({"content": "ok"})]
        spent = before - await remaining(served)
    assert 0 < spent < 100


async def test_T46_T47_a_frozen_store_bounds_what_is_granted_and_hangs_nobody(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    async with RedisServer(tmp_path) as redis:
        state = {"url": redis.url, "timeout_ms": 300, "grace_seconds": 10, "grace_share": 0.67}
        async with serving(
            tmp_path, base_url=upstream.base_url, quotas=[PACE], state=state
        ) as served:
            redis.pause()
            async with asyncio.timeout(60):
                await ask(served)
                assert (await probe(served, "/readyz"), await served.gateway.ready()) == (200, True)
                await ask(served)
                with pytest.raises(openai.InternalServerError) as caught:
                    await ask(served)
                assert caught.value.code == "state_unavailable"
                assert not (await served.gateway.health())["state"]
                while await probe(served, "/readyz") == 200:
                    await asyncio.sleep(0.1)
            redis.resume()
            async with asyncio.timeout(60):
                while await probe(served, "/readyz") != 200:
                    await asyncio.sleep(0.1)
            # What was granted meanwhile counts: one of three is left.
            key = "sekisho:{acme}:counter:pace:key=billing"
            async with asyncio.timeout(30):
                while sum(map(int, redis.cli("hvals", key).split())) != 2:
                    await asyncio.sleep(0.1)
            async with asyncio.timeout(60):
                assert (await ask(served))["x-ratelimit-remaining-requests"] == "0"


async def test_T47_without_quotas_no_store_is_needed_to_serve(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    state = {"url": "redis://127.0.0.1:9/0", "timeout_ms": 100}
    async with serving(tmp_path, base_url=upstream.base_url, state=state) as served:
        await ask(served)
        assert await probe(served, "/readyz") == 200


async def probe(served: Served, path: str) -> int:
    async with httpx.AsyncClient() as client:
        return (await client.get(f"{served.url}{path}")).status_code


async def test_requests_under_way_are_bounded_over_all_gateways(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    quota = {**PACE, "name": "at-once", "count": "concurrent", "limit": 2, "window_seconds": 600}
    upstream.scripts = [stream(*({"content": "word "} for _ in range(20)), pause=0.2)]
    async with RedisServer(tmp_path) as redis, AsyncExitStack() as stack:
        gateways = []
        for name in ("a", "b"):
            (tmp_path / name).mkdir()
            state = {"url": redis.url}
            gateway = serving(
                tmp_path / name, base_url=upstream.base_url, quotas=[quota], state=state
            )
            gateways.append(await stack.enter_async_context(gateway))
        under_way = [asyncio.ensure_future(listen(served)) for served in gateways]
        async with asyncio.timeout(10):
            while len(upstream.requests) < 2:
                await asyncio.sleep(0.02)
        for served in gateways:
            with pytest.raises(openai.RateLimitError, match="in flight") as caught:
                await ask(served)
            assert caught.value.code == "rate_limited"
            assert caught.value.response.headers["retry-after"] == "1"
        under_way[0].cancel()
        await asyncio.wait(under_way[:1])
        upstream.scripts = [completion({"content": "ok"})]
        await asyncio.sleep(0.5)
        headers = await ask(gateways[1])
        assert headers["x-ratelimit-remaining-concurrent"] == "0"
        assert headers["x-sekisho-quota-warning"] == "at-once"
        metrics = gateways[1].gateway.metrics.render().decode()
        assert 'sekisho_quota_warnings_total{quota="at-once"}' in metrics
        await under_way[1]
        await asyncio.sleep(0.2)
        assert (await ask(gateways[0]))["x-ratelimit-remaining-concurrent"] == "1"


async def listen(served: Served) -> None:
    """Take a stream to its end."""
    async with served.client() as client:
        messages: Any = [{"role": "user", "content": "hello"}]
        reply = await client.chat.completions.create(
            model="deepseek-r1", messages=messages, stream=True
        )
        async for _ in reply:
            pass
