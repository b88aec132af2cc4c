"""Which paths are open: a literal list, and nothing else."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog
from starlette.routing import Route

from gateway.edge.public import UNAUTHENTICATED
from tests.parts.echoes import echo
from tests.parts.gateways import KEY, Served, serving
from tests.parts.scripted import ScriptedUpstream


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with (
        ScriptedUpstream(echo) as upstream,
        serving(tmp_path, base_url=upstream.base_url) as running,
    ):
        yield running


async def test_T34_every_route_but_the_listed_ones_asks_for_a_credential(served: Served) -> None:
    routes = [r for r in served.gateway.public().router.routes if isinstance(r, Route)]
    assert {route.path for route in routes} >= {
        *UNAUTHENTICATED,
        "/v1/models",
        "/v1/chat/completions",
    }
    async with aiohttp.ClientSession() as session:
        for route in routes:
            statuses = set()
            for method in ("GET", "POST"):
                async with session.request(method, served.url + route.path, json={}) as reply:
                    statuses.add(reply.status)
            assert (200 in statuses) == (route.path in UNAUTHENTICATED), route.path


async def test_health_says_one_word(served: Served) -> None:
    async with aiohttp.ClientSession() as session:
        for path in UNAUTHENTICATED:
            async with session.get(served.url + path) as reply:
                assert await reply.json() == {"status": "ok"}


async def test_T47_not_ready_is_reported_and_alive_stays_alive(served: Served) -> None:
    await served.gateway.audit.close()
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{served.url}/readyz") as reply:
            assert reply.status == 503
        async with session.get(f"{served.url}/healthz") as reply:
            assert reply.status == 200


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/v1/models", "invalid_key"),
        ("GET", "/api/tags", "invalid_key"),
        ("POST", "/v1/chat/completions", "invalid_key"),
        ("GET", "/v1/responses/resp_1", "invalid_key"),
        ("GET", "/v1/chat/completions", "method_not_allowed"),
        ("POST", "/healthz", "method_not_allowed"),
        ("GET", "/wp-login.php", "route_not_found"),
    ],
)
async def test_B31_every_refusal_at_the_edge_is_counted_and_its_log_is_bounded(
    served: Served, method: str, path: str, code: str
) -> None:
    with structlog.testing.capture_logs() as logs:
        async with aiohttp.ClientSession() as session:
            for _ in range(20):
                async with session.request(method, served.url + path, json={}) as reply:
                    assert reply.status in (401, 404, 405)
    lines = served.gateway.metrics.render().decode().splitlines()
    counted = [line for line in lines if "sekisho_requests_total{" in line and code in line]
    assert [line.rpartition(" ")[2] for line in counted] == ["20.0"]
    assert 1 <= len([log for log in logs if log.get("code") == code]) < 20
    assert served.records() == []


PREFIXES = ("/v1", "", "/openai/v1", "/openai")
"""Before the paths of stored replies."""


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
