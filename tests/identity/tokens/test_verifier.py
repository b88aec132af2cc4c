"""Bearer tokens: a real provider with rotation, and every forgery that is known."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import jwt
import pytest

from gateway import timeouts
from gateway.errors import IdentityUnavailable, InvalidKey
from gateway.identity.tokens.claims import Claims
from gateway.identity.tokens.issuer import Issuer
from gateway.identity.tokens.verifier import TokenVerifier, looks_like_a_token
from gateway.settings.identity import Oidc
from gateway.types import Principal
from tests.parts.issuer import AUDIENCE, EC, ED, OTHER_RSA, RSA, ScriptedIssuer, jwk, public_pem
from tests.parts.oidc import CLIENT, OidcProvider


@asynccontextmanager
async def verifying(url: str, **changes: Any) -> AsyncIterator[TokenVerifier[Principal]]:
    settings = Oidc(**{"issuer": url, "audience": AUDIENCE, "skew_seconds": 0, **changes})
    tokens = TokenVerifier(settings, Issuer(settings), read=Claims(settings, b"h" * 32).principal)
    await tokens.start()
    try:
        yield tokens
    finally:
        await tokens.close()


@pytest.fixture
async def issuer() -> AsyncIterator[ScriptedIssuer]:
    async with ScriptedIssuer() as running:
        yield running


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys may be fetched again without a pause."""
    monkeypatch.setattr(timeouts, "ISSUER_MIN_REFRESH", 0.0)


async def refused(tokens: TokenVerifier[Principal], token: str | bytes) -> None:
    with pytest.raises(InvalidKey) as caught:
        await tokens.verify(token if isinstance(token, bytes) else token.encode())
    assert "kenji" not in caught.value.message


def encoded(part: object) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


async def test_a_real_provider_and_its_rotation(at_once: None) -> None:
    async with OidcProvider() as provider:
        claims = {"audience": CLIENT, "app_claim": "app"}
        async with verifying(provider.url, **claims) as tokens:
            first = (await provider.token()).encode()
            principal = (await tokens.verify(first)).identity
            assert (principal.tenant, principal.app, principal.method) == (
                "acme",
                "billing",
                "oidc",
            )
            assert principal.groups == {"finance"}
            assert "kenji" not in principal.subject
            await refused(tokens, await provider.token("another-client"))
            await provider.rotate()
            again = (await tokens.verify((await provider.token()).encode())).identity
            assert again == principal
            # The key that signed the first token is gone, and with it what was remembered of it.
            await refused(tokens, first)


async def test_a_real_providers_token_expires() -> None:
    async with OidcProvider(max_age=2) as provider:
        claims = {"audience": CLIENT, "app_claim": "app"}
        async with verifying(provider.url, **claims) as tokens:
            token = (await provider.token()).encode()
            await tokens.verify(token)
            await asyncio.sleep(2.5)
            with pytest.raises(InvalidKey, match="expired"):
                await tokens.verify(token)


@pytest.mark.parametrize(
    ("key", "algorithm"), [(RSA, "RS256"), (RSA, "PS256"), (EC, "ES256"), (ED, "EdDSA")]
)
async def test_signatures_that_are_accepted(key: Any, algorithm: str) -> None:
    async with ScriptedIssuer(jwk(key, "k1")) as issuer, verifying(issuer.url) as tokens:
        token = issuer.token(key=key, algorithm=algorithm)
        assert (await tokens.verify(token.encode())).identity.app == "billing"


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": int(time.time()) - 10},
        {"exp": None},
        {"exp": "never"},
        {"nbf": int(time.time()) + 3600},
        {"iat": None},
        {"iat": int(time.time()) + 3600},
        {"aud": "another"},
        {"aud": None},
        {"aud": []},
        {"iss": "https://issuer.example"},
        {"iss": None},
        {"sub": None},
        {"tenant": None},
        {"tenant": "Acme Corp"},
        {"tenant": "acme}x{"},
        {"tenant": ["acme"]},
        {"azp": {"a": 1}},
        {"groups": ["Finance Team"]},
        {"groups": [{"a": 1}]},
        {"key": OTHER_RSA},
        {"algorithm": "RS512"},
        {"kid": "k2"},
        {"kid": "../../dev/null"},
        {"kid": "k1' OR '1'='1"},
        {"header": {"jku": "http://127.0.0.1:9/jwks"}},
        {"header": {"x5u": "http://127.0.0.1:9/cert"}},
        {"header": {"jwk": jwk(OTHER_RSA, "k1")}, "key": OTHER_RSA},
        {"header": {"crit": ["exp"]}},
    ],
    ids="-".join,
)
async def test_tokens_that_prove_nothing_here(
    issuer: ScriptedIssuer, changes: dict[str, Any]
) -> None:
    async with verifying(issuer.url) as tokens:
        await tokens.verify(issuer.token().encode())
        await refused(tokens, issuer.token(**changes))


async def test_a_token_without_a_signature_is_none(issuer: ScriptedIssuer) -> None:
    async with verifying(issuer.url) as tokens:
        _, body, signature = issuer.token().split(".")
        for algorithm in ("none", "None", "NONE", ""):
            head = encoded({"alg": algorithm, "kid": "k1"})
            for forged in (f"{head}.{body}.", f"{head}.{body}.{signature}"):
                await refused(tokens, forged)


@pytest.mark.parametrize("kid", ["k1", None])
async def test_a_public_key_is_no_shared_secret(issuer: ScriptedIssuer, kid: str | None) -> None:
    """Key confusion: the verifier's public key used as the secret of an HMAC (RFC 8725, section 2.1)."""
    async with verifying(issuer.url) as tokens:
        _, body, _ = issuer.token().split(".")
        for secret in (
            public_pem(RSA),
            public_pem(RSA).strip(),
            json.dumps(jwk(RSA, "k1")).encode(),
        ):
            head = encoded({"alg": "HS256", "typ": "JWT", **({"kid": kid} if kid else {})})
            algorithm = jwt.get_algorithm_by_name("HS256")
            # The library refuses to make such a token, so it is signed by hand.
            key = secret if not secret.startswith(b"-----") else bytes(secret)
            signed = algorithm.sign(f"{head}.{body}".encode(), key)
            await refused(tokens, f"{head}.{body}.{encoded(signed)}")


async def test_an_issuer_that_publishes_a_shared_secret_or_a_private_key_is_not_followed() -> None:
    secret = {"kty": "oct", "k": encoded(b"s" * 32), "kid": "k1", "alg": "HS256"}
    private = {**jwk(RSA, "k1"), "d": "AQAB"}
    for key in (secret, private, {**jwk(RSA, "k1"), "use": "enc"}):
        async with ScriptedIssuer(key) as issuer, verifying(issuer.url) as tokens:
            forged = jwt.encode({"sub": "kenji"}, b"s" * 32, "HS256", headers={"kid": "k1"})
            for token in (forged, issuer.token()):
                with pytest.raises((InvalidKey, IdentityUnavailable)):
                    await tokens.verify(token.encode())


async def test_a_key_is_used_with_its_own_algorithm_alone() -> None:
    async with ScriptedIssuer(jwk(RSA, "k1", alg="PS256")) as issuer:
        async with verifying(issuer.url) as tokens:
            await tokens.verify(issuer.token(algorithm="PS256").encode())
            await refused(tokens, issuer.token(algorithm="RS256"))


async def test_T40_the_cache_knows_a_token_by_all_of_its_bytes(issuer: ScriptedIssuer) -> None:
    async with verifying(issuer.url) as tokens:
        genuine = issuer.token()
        await tokens.verify(genuine.encode())
        head, body, signature = genuine.split(".")
        admin = encoded({**json.loads(base64.urlsafe_b64decode(body + "==")), "sub": "admin"})
        for forged in (
            f"{head}.{admin}.{signature}",
            f"{head}.{body}.{signature[:-8]}AAAAAAAA",
            f"{head}.{body}.",
            genuine[:20] + "x" * (len(genuine) - 20),
        ):
            await refused(tokens, forged)
        # And it is remembered: the issuer's key is not asked for again.
        issuer.keys = []
        await tokens.verify(genuine.encode())


async def test_nothing_that_failed_is_remembered(issuer: ScriptedIssuer) -> None:
    async with verifying(issuer.url) as tokens:
        for number in range(5):
            await refused(tokens, issuer.token(key=OTHER_RSA, sub=str(number)))
        assert not tokens._cache


async def test_the_same_person_has_the_same_name_and_it_is_keyed(issuer: ScriptedIssuer) -> None:
    async with verifying(issuer.url) as tokens:
        one = await tokens.verify(issuer.token(jti="a").encode())
        two = await tokens.verify(issuer.token(jti="b").encode())
        other = await tokens.verify(issuer.token(sub="yuki").encode())
    assert one.identity.subject == two.identity.subject != other.identity.subject
    assert (one.token_id, two.token_id) == ("token:a", "token:b")


@pytest.mark.parametrize(
    "garbage", ["", "a.b", "a.b.c", "..", "e30.e30.", "e30.e30.e30", "!.!.!", "a" * 9000 + ".aa.aa"]
)
async def test_T39_garbage_is_refused(issuer: ScriptedIssuer, garbage: str) -> None:
    async with verifying(issuer.url) as tokens:
        await refused(tokens, garbage)
        deep = encoded(b"[" * 3000 + b"]" * 3000)
        await refused(tokens, f"{deep}.{deep}.{deep}")


def test_what_has_the_form_of_a_token() -> None:
    assert looks_like_a_token(b"aa.bb.cc")
    assert looks_like_a_token(b"aa.bb.")
    for other in (b"sk-sekisho-abc", b"aa.bb", b"aa.bb.cc.dd", b"a a.bb.cc", b""):
        assert not looks_like_a_token(other)
