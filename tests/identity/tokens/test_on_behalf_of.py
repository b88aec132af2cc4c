"""End users of an application: which tokens are accepted, and every token that identifies nobody."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import jwt
import pytest

from gateway.errors import IdentityUnavailable, InvalidKey
from gateway.identity.tokens.on_behalf_of import HEADER, EndUsers
from gateway.identity.tokens.subjects import user_name
from gateway.keys import KeyRing
from gateway.settings.on_behalf_of import OnBehalfOf
from gateway.types import Principal
from tests.identity.tokens.test_verifier import encoded
from tests.parts.issuer import OTHER_RSA, RSA, ScriptedIssuer, public_pem
from tests.parts.samples import principal

RING = KeyRing.new()
PORTAL = principal(tenant="acme", app="portal")


@pytest.fixture
async def issuer() -> AsyncIterator[ScriptedIssuer]:
    async with ScriptedIssuer() as running:
        yield running


@asynccontextmanager
async def knowing(issuer: ScriptedIssuer, *more: dict[str, Any]) -> AsyncIterator[EndUsers]:
    base = {"issuer": issuer.url, "audience": "users", "tenant": "acme", "apps": ["portal"]}
    rows = [OnBehalfOf.model_validate({**base, **each}) for each in more or ({},)]
    users = EndUsers(rows, RING)
    await users.start()
    try:
        yield users
    finally:
        await users.close()


async def found(users: EndUsers, caller: Principal, *tokens: str) -> str:
    known = await users.find(caller, [(HEADER, token.encode()) for token in tokens])
    return known.identity.name if known else ""


def token(issuer: ScriptedIssuer, **changes: Any) -> str:
    return issuer.token(**{"aud": "users", "sub": "mari@example.com", **changes})


async def test_a_user_is_known_by_a_keyed_hash(issuer: ScriptedIssuer) -> None:
    async with knowing(issuer) as users:
        name = await found(users, PORTAL, token(issuer))
        assert name == user_name(RING, "acme", "mari@example.com")
        assert name == await found(users, PORTAL, f" {token(issuer, jti='2')} ")
        assert name != await found(users, PORTAL, token(issuer, sub="yuki"))
        assert await found(users, PORTAL) == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "sekisho"},
        {"aud": None},
        {"iss": "https://issuer.example"},
        {"exp": int(time.time()) - 60},
        {"exp": None},
        {"nbf": int(time.time()) + 3600},
        {"iat": None},
        {"sub": None},
        {"sub": 7},
        {"key": OTHER_RSA},
        {"algorithm": "RS512"},
        {"kid": "k2"},
        {"header": {"jku": "http://127.0.0.1:9/jwks"}},
        {"header": {"crit": ["exp"]}},
    ],
    ids="-".join,
)
async def test_tokens_that_prove_nobody(issuer: ScriptedIssuer, changes: dict[str, Any]) -> None:
    async with knowing(issuer) as users:
        with pytest.raises(InvalidKey, match="invalid, expired or revoked") as caught:
            await found(users, PORTAL, token(issuer, **changes))
    assert caught.value.param == HEADER.decode()


async def test_what_is_not_signed_with_the_issuers_key_is_none(issuer: ScriptedIssuer) -> None:
    _, body, signature = token(issuer).split(".")
    unsigned = encoded({"alg": "none", "kid": "k1"})
    shared = jwt.get_algorithm_by_name("HS256")
    head = encoded({"alg": "HS256", "kid": "k1"})
    confused = encoded(shared.sign(f"{head}.{body}".encode(), public_pem(RSA)))
    async with knowing(issuer) as users:
        for forged in (
            f"{unsigned}.{body}.",
            f"{unsigned}.{body}.{signature}",
            f"{head}.{body}.{confused}",
            "mari@example.com",
            "",
            "a" * 20_000 + ".aa.aa",
        ):
            with pytest.raises(InvalidKey, match="invalid, expired or revoked"):
                await found(users, PORTAL, forged)


async def test_only_the_applications_that_are_configured_may_send_one(
    issuer: ScriptedIssuer,
) -> None:
    async with knowing(issuer) as users:
        for tenant, app in (("acme", "billing"), ("globex", "portal")):
            other = principal(tenant=tenant, app=app)
            assert await found(users, other) == ""
            with pytest.raises(InvalidKey, match="may not call on behalf"):
                await found(users, other, token(issuer))
    with pytest.raises(InvalidKey, match="may not call on behalf"):
        await found(EndUsers((), RING), PORTAL, "")


async def test_one_token_is_sent_and_where_required_none_is_not_enough(
    issuer: ScriptedIssuer,
) -> None:
    async with knowing(issuer, {"required": True}) as users:
        one = token(issuer)
        assert await found(users, PORTAL, one)
        for tokens in ((), (one, one), (one, ""), (one, token(issuer, sub="yuki"))):
            with pytest.raises(InvalidKey, match="send exactly one token"):
                await found(users, PORTAL, *tokens)


async def test_another_tenants_users_are_nobody_here(issuer: ScriptedIssuer) -> None:
    rows = [{"tenant": tenant, "tenant_claim": "tenant"} for tenant in ("acme", "globex")]
    async with knowing(issuer, *rows) as users:
        globex = principal(tenant="globex", app="portal")
        mine, theirs = token(issuer, tenant="acme"), token(issuer, tenant="globex")
        names = [await found(users, PORTAL, mine), await found(users, globex, theirs)]
        assert names == [user_name(RING, one, "mari@example.com") for one in ("acme", "globex")]
        for caller, wrong in (
            (PORTAL, theirs),
            (globex, mine),
            (PORTAL, token(issuer, tenant=None)),
            (PORTAL, token(issuer, tenant=["acme"])),
        ):
            with pytest.raises(InvalidKey, match="invalid, expired or revoked"):
                await found(users, caller, wrong)


async def test_without_the_issuers_keys_no_user_is_known(issuer: ScriptedIssuer) -> None:
    issuer.status = 500
    async with knowing(issuer) as users:
        with pytest.raises(IdentityUnavailable):
            await found(users, PORTAL, token(issuer))
        assert await found(users, PORTAL) == ""
