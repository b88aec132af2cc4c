"""What is refused, how it is told, and that nothing was sent."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import openai
import pytest

from tests.parts.configuration import deployment
from tests.parts.gateways import KEY, Served, serving
from tests.parts.scripted import Script, ScriptedUpstream, completion, stream

OK = completion({"content": "ok"})
SECRET = "ghp_" + "0aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY"


@pytest.fixture
async def upstream() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream(OK) as running:
        yield running


@pytest.fixture
async def served(upstream: ScriptedUpstream, tmp_path: Path) -> AsyncIterator[Served]:
    places = {
        "disguised": deployment("https://API.DeepSeek.com.:443/v1"),
        "cloud": deployment("https://api.openai.com/v1", operator="openai", zone="public-cloud"),
        "local": deployment(upstream.base_url, context=8192),
    }
    models = {name: {"deployments": [name]} for name in places}
    async with serving(
        tmp_path, base_url=upstream.base_url, more_deployments=places, models=models
    ) as running:
        yield running


async def refused(served: Served, model: str, content: Any, **more: Any) -> openai.APIStatusError:
    async with served.client() as client:
        with pytest.raises(openai.APIStatusError) as caught:
            await client.chat.completions.create(
                model=model, messages=[{"role": "user", "content": content}], **more
            )
    return caught.value


async def test_what_cannot_fit_into_the_context_is_refused(
    served: Served, upstream: ScriptedUpstream
) -> None:
    error = await refused(served, "local", "Hi", max_tokens=8193)
    assert (error.status_code, error.code) == (400, "context_length_exceeded")
    assert "at least 8193 tokens" in error.message
    assert "takes 8192 at most" in error.message
    (record,) = served.records()
    assert (record["outcome"], record["code"]) == ("denied", "context_length_exceeded")
    assert upstream.requests == []


async def test_T13_the_deepseek_cloud_is_refused_with_reasons_and_nothing_is_sent(
    served: Served, upstream: ScriptedUpstream
) -> None:
    error = await refused(served, "disguised", "Hello")
    assert (error.status_code, error.code) == (403, "provider_blocked")
    assert {"operator-denied", "host-mismatch"} <= {r["id"] for r in error.body["reasons"]}  # type: ignore[index]
    assert error.response.headers["x-should-retry"] == "false"
    assert "api.deepseek.com" not in error.response.text.lower()
    (record,) = served.records()
    assert (record["kind"], record["attempt"], record["outcome"]) == ("refusal", 0, "denied")
    assert upstream.requests == []


async def test_a_secret_is_blocked_for_a_cloud_and_masked_in_house(
    served: Served, upstream: ScriptedUpstream
) -> None:
    error = await refused(served, "cloud", f"token {SECRET}")
    assert (error.status_code, error.code) == (422, "content_blocked")
    assert SECRET not in error.response.text
    async with served.client() as client:
        await client.chat.completions.create(
            model="local", messages=[{"role": "user", "content": f"token {SECRET}"}]
        )
    assert SECRET.encode() not in upstream.received
    assert b"[SECRET_" in upstream.received


async def test_images_do_not_leave_the_house(served: Served, upstream: ScriptedUpstream) -> None:
    content = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
    ]
    error = await refused(served, "cloud", content)
    assert [r["id"] for r in error.body["reasons"]] == ["modality"]  # type: ignore[index]
    async with served.client() as client:
        await client.chat.completions.create(
            model="local",
            messages=[{"role": "user", "content": content}],  # type: ignore[list-item,misc]
        )
    assert served.records()[-1]["unscannable"] == ("image",)


@pytest.mark.parametrize(
    "extra",
    [
        {"api_base": "http://169.254.169.254/"},
        {"base_url": "https://evil.example"},
        {"api_key": "x"},
        {"metadata": {"user_config": {"api_base": "http://evil.example"}}},
        {"fallbacks": ["gpt-4o"]},
        {"provider": {"only": ["DeepSeek"]}},
        {"frobnicate": 1},
    ],
)
async def test_T33_nothing_that_a_client_sends_names_a_route(
    served: Served, upstream: ScriptedUpstream, extra: dict[str, Any]
) -> None:
    error = await refused(served, "local", "Hello", extra_body=extra)
    assert (error.status_code, error.code) == (400, "unsupported_field")
    assert upstream.requests == []


async def test_T33_no_header_of_the_client_is_forwarded(
    served: Served, upstream: ScriptedUpstream
) -> None:
    async with served.client(default_headers={"x-portkey-custom-host": "evil.example"}) as client:
        await client.chat.completions.create(
            model="local", messages=[{"role": "user", "content": "Hello"}]
        )
    assert b"evil.example" not in upstream.received
    assert KEY.encode() not in upstream.received


@pytest.mark.parametrize(
    "host", ["example.com/abc?bar=", "a/healthz?x=", "localhost@evil", "[::1", ""]
)
async def test_T42_a_poisoned_host_header_changes_no_route(served: Served, host: str) -> None:
    async with aiohttp.ClientSession() as session:
        for path in ("/v1/models", "/v1/chat/completions"):
            method = "GET" if path.endswith("models") else "POST"
            async with session.request(
                method, served.url + path, headers={"host": host}, json={"model": "local"}
            ) as reply:
                assert reply.status in (400, 401)


@pytest.mark.parametrize(
    ("path", "method", "status", "code"),
    [
        ("/", "GET", 404, "route_not_found"),
        ("/v1/proxy/x", "POST", 404, "route_not_found"),
        ("/v1/chat/completions/", "POST", 404, "route_not_found"),
        ("/v1//models", "GET", 404, "route_not_found"),
        ("/docs", "GET", 404, "route_not_found"),
        ("/openapi.json", "GET", 404, "route_not_found"),
        ("/metrics", "GET", 404, "route_not_found"),
        ("/v1/chat/completions", "GET", 405, "method_not_allowed"),
        ("/v1/models", "POST", 405, "method_not_allowed"),
    ],
)
async def test_T34_every_other_path_is_refused(
    served: Served, path: str, method: str, status: int, code: str
) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.request(method, served.url + path) as reply:
            document = await reply.json()
    assert (reply.status, document["error"]["code"]) == (status, code)


async def test_T14_a_fallback_is_masked_cleared_and_recorded_anew(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    upstream.scripts = [Script(status=503), OK]
    more = {"second": deployment(upstream.base_url)}
    async with serving(tmp_path, base_url=upstream.base_url, more_deployments=more) as served:
        async with served.client() as client:
            await client.chat.completions.create(
                model="deepseek-r1",
                messages=[{"role": "user", "content": "I am kenji.tanaka@example.co.jp"}],
            )
        kinds = [(r["kind"], r["attempt"], r["deployment"], r["outcome"]) for r in served.records()]
    assert kinds == [
        ("attempt", 1, "r1-a", ""),
        ("outcome", 1, "r1-a", "failed"),
        ("attempt", 2, "second", ""),
        ("outcome", 2, "second", "served"),
    ]
    assert len(upstream.requests) == 2
    assert b"kenji.tanaka" not in upstream.received


async def test_T37_a_client_error_upstream_is_not_tried_elsewhere(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    body = b'{"error": {"message": "content_policy_violation: I am kenji"}}'
    upstream.scripts = [Script(status=400, chunks=(body,))]
    more = {"second": deployment(upstream.base_url)}
    async with serving(tmp_path, base_url=upstream.base_url, more_deployments=more) as served:
        error = await refused(served, "deepseek-r1", "Hello")
    assert (error.status_code, error.code) == (400, "content_filter")
    assert "kenji" not in error.response.text
    assert len(upstream.requests) == 1


async def test_T21_a_stream_that_breaks_ends_with_an_error_and_nothing_more(
    served: Served, upstream: ScriptedUpstream
) -> None:
    upstream.scripts = [stream({"content": "Hello "}, {"content": "there "}, done=False, cut=True)]
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{served.base_url}/chat/completions",
            json={
                "model": "local",
                "stream": True,
                "messages": [{"role": "user", "content": "Hi"}],
            },
            headers={"authorization": f"Bearer {KEY}"},
        ) as reply,
    ):
        body = (await reply.read()).decode()
    frames = [line for line in body.split("\n\n") if line]
    assert '"code":"upstream_error"' in frames[-1].replace(" ", "")
    assert "[DONE]" not in body
    assert served.records()[-1]["outcome"] == "failed"
