"""The order of the story, at the points where order is safety."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openai
import pytest

from gateway.audit.search import Query, search
from tests.parts.gateways import Served, serving
from tests.parts.scripted import ReceivedRequest, Script, ScriptedUpstream, completion

TEXT = [{"role": "user", "content": "I am kenji.tanaka@example.co.jp"}]


@pytest.fixture
async def upstream() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream(completion({"content": "ok"})) as running:
        yield running


async def ask(served: Served, **options: Any) -> Any:
    async with served.client(**options) as client:
        return await client.chat.completions.create(model="deepseek-r1", messages=TEXT)  # type: ignore[arg-type]


def under_way(served: Served) -> float | None:
    return served.gateway.metrics.registry.get_sample_value("sekisho_requests_under_way")


async def test_the_attempt_is_durable_before_the_first_upstream_byte(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    recorded: list[list[str]] = []

    def look(_: ReceivedRequest) -> Script:
        recorded.append([row["kind"] for row in search(tmp_path / "audit.db", Query())])
        return completion({"content": "ok"})

    upstream.scripts = [look]
    async with serving(tmp_path, base_url=upstream.base_url) as served:
        await ask(served)
        assert recorded == [["attempt"]]
        assert [row["kind"] for row in served.records()] == ["attempt", "outcome"]


async def test_a_stranger_is_refused_before_anything_is_parsed_or_recorded(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    async with serving(tmp_path, base_url=upstream.base_url) as served:
        with pytest.raises(openai.AuthenticationError):
            await ask(served, api_key="sk-sekisho-nobody-knows-this")
        assert served.records() == []
    assert upstream.requests == []


async def test_a_model_that_is_not_configured_is_recorded_without_its_name(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    async with serving(tmp_path, base_url=upstream.base_url) as served:
        async with served.client() as client:
            with pytest.raises(openai.NotFoundError) as caught:
                await client.chat.completions.create(model="Kenji Tanaka", messages=TEXT)  # type: ignore[arg-type]
        (record,) = served.records()
    assert caught.value.code == "model_not_found"
    assert (record["model"], record["outcome"]) == ("", "denied")


async def test_the_limit_on_concurrent_requests_holds_and_is_given_back(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    upstream.scripts = [Script(chunks=completion({"content": "ok"}).chunks, pause=0.5)]
    async with serving(
        tmp_path, base_url=upstream.base_url, limits={"concurrent_requests": 1}
    ) as served:
        first = asyncio.ensure_future(ask(served))
        while not upstream.requests:
            await asyncio.sleep(0.01)
        assert under_way(served) == 1
        with pytest.raises(openai.RateLimitError) as caught:
            await ask(served)
        assert caught.value.response.headers["retry-after"] == "1"
        await first
        await ask(served)
        async with asyncio.timeout(10):
            while under_way(served) != 0:
                await asyncio.sleep(0.01)


async def test_equal_calls_share_a_decision_and_the_facts_are_kept_once(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    async with serving(tmp_path, base_url=upstream.base_url) as served:
        await ask(served)
        await ask(served)
        rows = served.records()
    assert len({row["decision_id"] for row in rows}) == 1
    assert len({row["facts_hash"] for row in rows}) == 1
    assert len(rows) == 4
