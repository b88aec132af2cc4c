"""The paths of other SDKs lead to the same stages."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.demo.leaks import leaked_values
from gateway.edge.routes import PUBLIC_ROUTES
from tests.parts.gateways import KEY, Served, serving
from tests.parts.scripted import ScriptedUpstream, completion

VALUE = "kenji.tanaka@example.co.jp"
CHAT = {"messages": [{"role": "user", "content": f"I am {VALUE}"}]}


@pytest.fixture
async def upstream() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream(completion({"content": "ok"})) as running:
        yield running


@pytest.fixture
async def served(upstream: ScriptedUpstream, tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path, base_url=upstream.base_url) as running:
        yield running


async def post(served: Served, path: str, body: Any, **headers: str) -> tuple[int, Any]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(served.url + path, json=body, headers=headers) as reply,
    ):
        return reply.status, await reply.json()


@pytest.mark.parametrize("header", ["api-key", "x-api-key", "authorization"])
@pytest.mark.parametrize(
    "path", ["/v1/chat/completions", "/chat/completions", "/openai/v1/chat/completions"]
)
async def test_one_body_at_every_path_and_with_every_header(
    served: Served, upstream: ScriptedUpstream, path: str, header: str
) -> None:
    key = f"Bearer {KEY}" if header == "authorization" else KEY
    status, reply = await post(served, path, {**CHAT, "model": "deepseek-r1"}, **{header: key})
    assert (status, reply["choices"][0]["message"]["content"]) == (200, "ok")
    assert leaked_values(upstream.received, [VALUE, KEY]) == []


async def test_azures_path_names_the_model(served: Served, upstream: ScriptedUpstream) -> None:
    for body in (CHAT, {**CHAT, "model": "another"}):
        path = "/openai/deployments/deepseek-reasoner/chat/completions?api-version=2024-10-21"
        status, reply = await post(served, path, body, **{"api-key": KEY})
        assert (status, reply["model"]) == (200, "deepseek-reasoner")
    status, reply = await post(
        served, "/openai/deployments/nobody/chat/completions", CHAT, **{"api-key": KEY}
    )
    assert (status, reply["error"]["code"]) == (404, "model_not_found")
    assert len(upstream.requests) == 2


async def test_an_unserved_path_reports_what_is_served(served: Served) -> None:
    for path in ("/v1/audio/speech", "/openai/deployments/x/images", "/v1/responses/resp_1/cancel"):
        status, reply = await post(served, path, CHAT, authorization=f"Bearer {KEY}")
        assert status == 404
        assert all(row.path in reply["error"]["message"] for row in PUBLIC_ROUTES)


def test_no_path_is_served_twice() -> None:
    assert len({row.path for row in PUBLIC_ROUTES}) == len(PUBLIC_ROUTES)
