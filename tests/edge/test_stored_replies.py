"""The paths of stored replies: their methods and their authentication."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.parts.echoes import echo
from tests.parts.gateways import KEY, Served, serving
from tests.parts.scripted import ScriptedUpstream

PREFIXES = ("/v1", "", "/openai/v1", "/openai")


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with (
        ScriptedUpstream(echo) as upstream,
        serving(tmp_path, base_url=upstream.base_url) as running,
    ):
        yield running


async def call(served: Served, method: str, path: str, **options: Any) -> tuple[int, Any]:
    headers = {"api-key": options.pop("key", KEY)}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.request(method, served.url + path, **options) as reply,
    ):
        return reply.status, await reply.json()


async def test_a_reply_is_at_every_path_at_which_responses_are(served: Served) -> None:
    for prefix in PREFIXES:
        body = {"model": "deepseek-r1", "input": "hi"}
        _, first = await call(served, "POST", f"{prefix}/responses", json=body)
        path = f"{prefix}/responses/{first['id']}"
        assert await call(served, "GET", path) == (200, first)
        status, body = await call(served, "DELETE", path)
        assert (status, body) == (200, {"id": first["id"], "object": "response", "deleted": True})
        assert (await call(served, "GET", path))[0] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
async def test_other_methods_are_refused(served: Served, method: str) -> None:
    status, body = await call(served, method, "/v1/responses/resp_1", json={})
    assert (status, body["error"]["code"]) == (405, "method_not_allowed")
    assert "GET and DELETE" in body["error"]["message"]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_a_stranger_learns_nothing(served: Served, method: str) -> None:
    for name in ("resp_1", "resp_%00", "a" * 5000):
        status, body = await call(served, method, f"/v1/responses/{name}", key="sk-sekisho-nobody")
        assert (status, body["error"]["code"]) == (401, "invalid_key")
        status, body = await call(served, method, f"/v1/responses/{name}")
        assert (status, body["error"]["code"]) == (404, "not_found")
        assert name not in body["error"]["message"]
