"""Callers at a whole gateway: keys of the file, tokens, and a revocation that two gateways learn of."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from gateway.errors import StateUnavailable
from gateway.identity.keys.key_file import mint, write
from gateway.keys import read_ring
from tests.parts.gateways import KEY, Served, prepared, serving
from tests.parts.oidc import CLIENT, OidcProvider
from tests.parts.redis import RedisServer
from tests.parts.scripted import ScriptedUpstream, completion

ENV = {"id": "billing", "key_env": "SEKISHO_TEST_KEY", "tenant": "acme", "app": "billing"}


@pytest.fixture
async def upstream() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream(completion({"content": "ok"})) as running:
        yield running


async def ask(served: Served, key: str) -> Any:
    async with served.client(api_key=key) as client:
        messages: Any = [{"role": "user", "content": "hello"}]
        return await client.chat.completions.create(model="deepseek-r1", messages=messages)


def key_in(folder: Path, path: Path) -> str:
    """A key of the file at ``path``, under the ring in ``folder``."""
    prepared(folder)
    key, row = mint(
        read_ring(folder / "ring.json"),
        key_id="portal",
        tenant="globex",
        app="portal",
        groups=(),
        expires=None,
    )
    write(path, [row])
    return key


async def test_a_key_of_the_file_and_a_real_providers_token(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    key = key_in(tmp_path, tmp_path / "keys.json")
    async with OidcProvider() as provider:
        identity = {
            "keys_file": str(tmp_path / "keys.json"),
            "oidc": {"issuer": provider.url, "audience": CLIENT, "app_claim": "app"},
        }
        async with serving(tmp_path, base_url=upstream.base_url, identity=identity) as served:
            token = await provider.token()
            await ask(served, key)
            await ask(served, token)
            with pytest.raises(openai.AuthenticationError):
                await ask(served, KEY)
            rows = [row for row in served.records() if row["kind"] == "outcome"]
            async with httpx.AsyncClient() as client:
                listed = await client.get(f"{served.url}/v1/models", headers={"x-api-key": token})
    assert listed.status_code == 200
    assert [(row["tenant"], row["app"]) for row in rows] == [
        ("globex", "portal"),
        ("acme", "billing"),
    ]
    assert rows[1]["subject"].startswith("oidc-")
    for secret in (key, token, token.split(".")[1], "kenji"):
        assert secret.encode() not in (tmp_path / "audit.db").read_bytes()
    sent = [value for seen in upstream.requests for _, value in seen.headers]
    assert not any(key in value or token in value for value in sent)


async def test_a_revocation_reaches_every_gateway_and_a_frozen_store_closes_what_it_would(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    key = key_in(one, one / "keys.json")
    for name in ("ring.json", "keys.json"):
        (two / name).write_bytes((one / name).read_bytes())
        (two / name).chmod(0o600)
    async with RedisServer(tmp_path) as redis:

        def changes(folder: Path) -> dict[str, Any]:
            return {
                "base_url": upstream.base_url,
                "state": {"url": redis.url, "timeout_ms": 200},
                "identity": {"keys": [ENV], "keys_file": str(folder / "keys.json")},
            }

        async with serving(one, **changes(one)) as first, serving(two, **changes(two)) as second:
            # A busy machine may be late with the news: then it is 503 for a moment, as it should be.
            await asyncio.gather(until_served(first, key), until_served(second, key))
            redis.pause()
            async with asyncio.timeout(40):
                while first.gateway.pipeline.identity.ready():
                    await asyncio.sleep(0.05)
                with pytest.raises(openai.InternalServerError) as caught:
                    await ask(first, key)
                assert caught.value.code == "identity_unavailable"
                await ask(first, KEY)
                async with httpx.AsyncClient() as client:
                    assert (await client.get(f"{first.url}/readyz")).status_code == 503
                    assert (await client.get(f"{first.url}/healthz")).status_code == 200
            redis.resume()
            await until_served(first, key)
            await revoke(first)
            await asyncio.gather(*(until_refused(served, key) for served in (first, second)))


async def revoke(served: Served) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                await served.gateway.state.revoke("portal", time.time() + 600)
            except StateUnavailable:
                await asyncio.sleep(0.05)
            else:
                return


async def until_served(served: Served, key: str) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                await ask(served, key)
            except openai.InternalServerError:
                await asyncio.sleep(0.05)
            else:
                return


async def until_refused(served: Served, key: str) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                await ask(served, key)
            except openai.AuthenticationError:
                return
            except openai.InternalServerError:
                await asyncio.sleep(0.05)
