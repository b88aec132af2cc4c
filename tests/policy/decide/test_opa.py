"""The OPA client: what it accepts, where it connects, and what happens when the server is unavailable."""

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web

from gateway.errors import PolicyUnavailable
from gateway.policy.compile.build import Build
from gateway.policy.compile.bundle import write
from gateway.policy.decide.decider import Decider
from gateway.policy.decide.opa import OpaEngine
from gateway.settings.policy import Opa
from tests.parts.opa import ROOT, OpaServer
from tests.policy.samples import known

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@asynccontextmanager
async def engine_for(
    shipped: Build, url: str, clock: Callable[[], float] = time.monotonic, **settings: object
) -> AsyncIterator[OpaEngine]:
    opa = Opa.model_validate({"url": url, "timeout_ms": 500, **settings})
    engine = OpaEngine(opa, shipped, clock)
    await engine.start()
    try:
        yield engine
    finally:
        await engine.close()


@asynccontextmanager
async def server(handler: Handler) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_opa_killed_is_an_error_and_service_returns_with_it(
    shipped: Build, tmp_path: Path, clock: Clock
) -> None:
    write(shipped, tmp_path / "bundle.tar.gz")
    async with (
        OpaServer(tmp_path / "bundle.tar.gz") as opa,
        engine_for(shipped, opa.url, clock) as engine,
    ):
        assert await engine.ready()
        assert (await Decider(shipped, engine).decide(known(shipped))).allow
        await opa.kill()
        assert not await engine.ready()
        for _ in range(4):
            with pytest.raises(PolicyUnavailable):
                await Decider(shipped, engine).decide(known(shipped))
        await opa.start()
        clock.now += 1.0  # the breaker's pause is over
        assert (await Decider(shipped, engine).decide(known(shipped))).allow


@pytest.mark.parametrize(
    "answer",
    [
        web.Response(status=500),
        web.Response(status=200, text="hello"),
        web.Response(status=200, text="{}", content_type="application/json"),
        web.Response(status=200, text='{"result": true}', content_type="application/json"),
        web.Response(status=200, text='{"result": null}', content_type="application/json"),
        web.Response(status=404, text='{"result": {}}', content_type="application/json"),
    ],
    ids=["500", "no json", "undefined", "not an object", "null", "404"],
)
async def test_T60_no_proper_answer_is_no_decision(shipped: Build, answer: web.Response) -> None:
    async def handler(_: web.Request) -> web.StreamResponse:
        return answer

    async with server(handler) as url, engine_for(shipped, url) as engine:
        with pytest.raises(PolicyUnavailable):
            await engine.evaluate(b"{}")
        assert not await engine.ready()


async def test_a_redirect_is_not_followed(shipped: Build) -> None:
    requests: list[str] = []

    async def liar(request: web.Request) -> web.StreamResponse:
        requests.append(request.path)
        return web.json_response({"result": {"allow": True}})

    async with server(liar) as elsewhere:

        async def redirects(_: web.Request) -> web.StreamResponse:
            return web.Response(
                status=307, headers={"location": f"{elsewhere}/v1/data/sekisho/decision"}
            )

        async with server(redirects) as url, engine_for(shipped, url) as engine:
            with pytest.raises(PolicyUnavailable):
                await engine.evaluate(b"{}")
    assert requests == []


async def test_the_url_prefix_and_the_token_are_sent_and_no_proxy_is_used(
    shipped: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "HTTP_PROXY", "http://127.0.0.1:9")
    token = tmp_path / "token"
    token.write_text("first\n")
    seen: list[tuple[str, str]] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        seen.append((request.path, request.headers.get("authorization", "")))
        return web.json_response({"result": {}})

    async with (
        server(handler) as url,
        engine_for(shipped, f"{url}/opa/", token_file=token) as engine,
    ):
        await engine.evaluate(b"{}")
        token.write_text("second")
        await engine.evaluate(b"{}")
    assert seen == [
        ("/opa/v1/data/sekisho/decision", "Bearer first"),
        ("/opa/v1/data/sekisho/decision", "Bearer second"),
    ]


async def test_the_breaker_answers_at_once_after_three_failures(shipped: Build) -> None:
    requests = 0

    async def broken(_: web.Request) -> web.StreamResponse:
        nonlocal requests
        requests += 1
        return web.Response(status=503)

    async with server(broken) as url, engine_for(shipped, url) as engine:
        for _ in range(10):
            with pytest.raises(PolicyUnavailable):
                await engine.evaluate(b"{}")
    assert requests == 3


async def test_an_open_breaker_answers_without_waiting_for_anything(shipped: Build) -> None:
    """Far within 50 ms: the coroutine ends before it has once given way to the event loop."""
    async with engine_for(shipped, "http://127.0.0.1:9") as engine:
        for _ in range(3):
            with pytest.raises(PolicyUnavailable):
                await engine.evaluate(b"{}")
        with pytest.raises(PolicyUnavailable):
            engine.evaluate(b"{}").send(None)


async def test_when_the_breaker_may_close_again_one_call_tries(
    shipped: Build, clock: Clock
) -> None:
    requests = 0
    healthy = False

    async def handler(_: web.Request) -> web.StreamResponse:
        nonlocal requests
        requests += 1
        return web.json_response({"result": {}}) if healthy else web.Response(status=503)

    async with server(handler) as url, engine_for(shipped, url, clock) as engine:
        for _ in range(3):
            with pytest.raises(PolicyUnavailable):
                await engine.evaluate(b"{}")
        clock.now += 1.0  # the breaker's pause is over
        failed = await asyncio.gather(
            *(engine.evaluate(b"{}") for _ in range(5)), return_exceptions=True
        )
        assert [type(error) for error in failed] == [PolicyUnavailable] * 5
        assert requests == 4
        healthy = True
        clock.now += 1.0
        await engine.evaluate(b"{}")
        await asyncio.gather(*(engine.evaluate(b"{}") for _ in range(5)))
        assert requests == 10


async def test_a_server_that_hangs_is_given_up(shipped: Build) -> None:
    release = asyncio.Event()

    async def hangs(_: web.Request) -> web.StreamResponse:
        await release.wait()
        return web.json_response({"result": {}})

    async with server(hangs) as url, engine_for(shipped, url, timeout_ms=50) as engine:
        with pytest.raises(PolicyUnavailable):
            await engine.evaluate(b"{}")
        release.set()


def test_only_one_method_of_the_client_is_used() -> None:
    source = (ROOT / "gateway" / "policy" / "decide" / "opa.py").read_text(encoding="utf-8")
    used = set(re.findall(r"self\._client\.(\w+)", source))
    assert used == {"query_rule", "open", "close_connection"}
