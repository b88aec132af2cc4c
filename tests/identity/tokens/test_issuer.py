"""The issuer's keys: fetched, rotated, and what is done when the issuer is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway import timeouts
from gateway.errors import IdentityUnavailable
from gateway.identity.tokens.issuer import Issuer
from gateway.settings.identity import Oidc
from tests.parts.issuer import AUDIENCE, OTHER_RSA, RSA, ScriptedIssuer, jwk


@asynccontextmanager
async def keys_of(url: str, **changes: Any) -> AsyncIterator[tuple[Issuer, list[float]]]:
    now = [1000.0]
    settings = Oidc(**{"issuer": url, "audience": AUDIENCE, **changes})
    made = Issuer(settings, clock=lambda: now[0])
    await made.start()
    try:
        yield made, now
    finally:
        await made.close()


async def test_keys_are_found_by_id_and_the_only_one_without() -> None:
    async with ScriptedIssuer(jwk(RSA, "k1")) as served, keys_of(served.url) as (issuer, _):
        assert (await issuer.key("k1")) is (await issuer.key(None))
        assert await issuer.key("k2") is None
        assert await issuer.key("") is None


async def test_with_several_keys_a_token_must_name_one() -> None:
    async with ScriptedIssuer(jwk(RSA, "k1"), jwk(OTHER_RSA, "k2")) as served:
        async with keys_of(served.url) as (issuer, _):
            assert await issuer.key(None) is None
            assert await issuer.key("k2") is not None


async def test_a_new_key_is_fetched_when_a_token_names_it_and_an_old_one_goes() -> None:
    async with ScriptedIssuer(jwk(RSA, "k1")) as served, keys_of(served.url) as (issuer, now):
        before = issuer.generation
        served.keys = [jwk(OTHER_RSA, "k2")]
        now[0] += 10
        assert await issuer.key("k2") is not None
        assert await issuer.key("k1") is None
        assert issuer.generation == before + 1


async def test_unknown_ids_do_not_make_the_gateway_hammer_the_issuer() -> None:
    async with ScriptedIssuer() as served, keys_of(served.url) as (issuer, now):
        now[0] += 10
        requests = served.requests
        await asyncio.gather(*(issuer.key(f"unknown-{n}") for n in range(50)))
        for n in range(50):
            await issuer.key(f"unknown-{n}")
        assert served.requests == requests + 1


@pytest.mark.parametrize("fault", ["refuses", "empty", "renamed"])
async def test_an_outage_is_bridged_with_the_keys_that_are_known_for_a_while(fault: str) -> None:
    async with ScriptedIssuer() as served:
        async with keys_of(served.url, stale_seconds=100) as (issuer, now):
            served.status = 503 if fault == "refuses" else 200
            served.keys = [] if fault == "empty" else [jwk(OTHER_RSA, "k9")]
            served.names_itself = "http://other" if fault == "renamed" else ""
            now[0] += 50
            assert await issuer.key("k1") is not None
            assert await issuer.key("k9") is None
            now[0] += 100
            assert not issuer.ready()
            with pytest.raises(IdentityUnavailable):
                await issuer.key("k1")
            served.status, served.keys, served.names_itself = 200, [jwk(RSA, "k1")], ""
            now[0] += 10
            assert await issuer.key("k1") is not None


async def test_an_issuer_that_is_away_at_the_start_is_found_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(timeouts, "ISSUER_MIN_REFRESH", 0.05)
    async with ScriptedIssuer() as served:
        served.status = 500
        async with keys_of(served.url) as (issuer, _):
            with pytest.raises(IdentityUnavailable):
                await issuer.key("k1")
            served.status = 200
            async with asyncio.timeout(5):
                while not issuer.ready():
                    await asyncio.sleep(0.02)
            assert await issuer.key("k1") is not None
