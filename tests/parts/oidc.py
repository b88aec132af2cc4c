"""A real OpenID provider in a separate process; it signs with another key after each restart."""

import asyncio
import json
import sys
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.parts.ports import free_port

_START_SECONDS = 30.0
CLIENT = "sekisho"
CLAIMS = {"sub": "kenji", "tenant": "acme", "app": "billing", "groups": ["finance"]}


class OidcProvider:
    """oidc-provider-mock on a loopback port that stays the same over restarts.

    Args:
        max_age: seconds for which its tokens are good.
        claims: of its one user.
    """

    def __init__(self, *, max_age: int = 3600, claims: dict[str, Any] | None = None) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._max_age = max_age
        self._claims = {**CLAIMS, **(claims or {})}

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()

    async def start(self) -> None:
        """Start, with a fresh signing key."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(self.port)),
            *("--token-max-age", str(self._max_age), "--user-claims", json.dumps(self._claims)),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(_START_SECONDS), httpx.AsyncClient() as client:
            while True:
                try:
                    await client.get(f"{self.url}/.well-known/openid-configuration")
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
                else:
                    return

    async def kill(self) -> None:
        """End it as a crash would."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    async def rotate(self) -> None:
        """Sign with another key from now on."""
        await self.kill()
        await self.start()

    async def token(self, client_id: str = CLIENT) -> str:
        """A token for the user, by way of the authorization code flow."""
        back = "http://127.0.0.1/back"
        parameters = {
            "client_id": client_id,
            "redirect_uri": back,
            "response_type": "code",
            "scope": "openid",
        }
        async with httpx.AsyncClient(base_url=self.url) as client:
            consent = await client.post(
                "/oauth2/authorize", params=parameters, data={"sub": self._claims["sub"]}
            )
            (code,) = parse_qs(urlsplit(consent.headers["location"]).query)["code"]
            grant = {"grant_type": "authorization_code", "code": code, "redirect_uri": back}
            reply = await client.post("/oauth2/token", data=grant, auth=(client_id, "any"))
        token: str = reply.json()["id_token"]
        return token
