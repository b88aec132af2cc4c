"""An OpenID issuer with keys and answers chosen by a test, to simulate hostile or failing ones."""

import json
import time
from typing import Any, Self

import jwt
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
AUDIENCE = "sekisho"


def jwk(key: Any, kid: str | None, **more: Any) -> dict[str, Any]:
    """The public key as an issuer publishes it."""
    kinds: dict[type, Any] = {
        rsa.RSAPrivateKey: RSAAlgorithm,
        ec.EllipticCurvePrivateKey: ECAlgorithm,
        ed25519.Ed25519PrivateKey: OKPAlgorithm,
    }
    algorithm = next(made for kind, made in kinds.items() if isinstance(key, kind))
    named = {} if kid is None else {"kid": kid}
    return {**json.loads(algorithm.to_jwk(key.public_key())), **named, **more}


def public_pem(key: Any) -> bytes:
    pem: bytes = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem


class ScriptedIssuer:
    """Discovery and keys over HTTP on loopback, counting how often each is asked for."""

    def __init__(self, *keys: dict[str, Any]) -> None:
        self.keys: list[dict[str, Any]] = list(keys) or [jwk(RSA, "k1")]
        self.status = 200
        self.names_itself = ""
        self.requests = 0

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self._discovery)
        app.router.add_get("/jwks", self._jwks)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def token(
        self,
        *,
        key: Any = RSA,
        algorithm: str = "RS256",
        kid: str | None = "k1",
        header: dict[str, Any] | None = None,
        **claims: Any,
    ) -> str:
        """A token of this issuer; claims that are ``None`` are left out."""
        now = int(time.time())
        payload = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "kenji",
            "iat": now,
            "exp": now + 60,
            "tenant": "acme",
            "azp": "billing",
            "groups": ["finance"],
            **claims,
        }
        payload = {name: value for name, value in payload.items() if value is not None}
        headers = {**({} if kid is None else {"kid": kid}), **(header or {})}
        return jwt.encode(payload, key, algorithm=algorithm, headers=headers)

    async def _discovery(self, request: web.Request) -> web.Response:
        issuer = self.names_itself or self.url
        return web.json_response({"issuer": issuer, "jwks_uri": f"{self.url}/jwks"})

    async def _jwks(self, request: web.Request) -> web.Response:
        self.requests += 1
        return web.json_response({"keys": self.keys}, status=self.status)
