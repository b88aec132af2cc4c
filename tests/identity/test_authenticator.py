"""Every way to prove who calls, and that a revocation, a lockout or a lack of news refuses."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog

from gateway.errors import IdentityUnavailable, InvalidKey, RateLimited, StateUnavailable
from gateway.identity.authenticator import Authenticator
from gateway.identity.credential import Peer
from gateway.identity.keys.api_keys import ApiKeys
from gateway.identity.keys.key_file import KeyFile, Row, mint, write
from gateway.identity.keys.revocations import Revocations
from gateway.identity.lockout import Lockout
from gateway.identity.tokens.claims import Claims
from gateway.identity.tokens.issuer import Issuer
from gateway.identity.tokens.on_behalf_of import HEADER, EndUsers
from gateway.identity.tokens.subjects import subject_key, subject_name, user_name
from gateway.identity.tokens.verifier import TokenVerifier
from gateway.keys import KeyRing
from gateway.settings.identity import ApiKey, Oidc
from gateway.settings.on_behalf_of import OnBehalfOf
from gateway.state.memory import MemoryState
from tests.parts.issuer import AUDIENCE, ScriptedIssuer

RING = KeyRing.new()
ENV_KEY = "sk-configured-0123456789"
ROW = ApiKey(id="env", key_env="K", tenant="acme", app="billing")


class Away(MemoryState):
    """A store that stops answering on request."""

    gone = False

    async def revocations(self) -> Any:
        if self.gone:
            raise StateUnavailable("away")
        return await super().revocations()


class Setting:
    def __init__(self, folder: Path, issuer: ScriptedIssuer) -> None:
        self.now = [0.0]
        self.state = Away()
        self.path = folder / "keys.json"
        self.key, self.row = self.mint()
        write(self.path, [self.row])
        self.file = KeyFile(self.path, RING)
        oidc = Oidc(issuer=issuer.url, audience=AUDIENCE)
        row = OnBehalfOf(issuer=issuer.url, audience="users", tenant="globex", apps=("portal",))
        self.identity = Authenticator(
            ApiKeys([ROW], environ={"K": ENV_KEY}, hash_key=b"h" * 32),
            file=self.file,
            tokens=TokenVerifier(oidc, Issuer(oidc), read=Claims(oidc, b"h" * 32).principal),
            certificates=None,
            users=EndUsers([row], RING),
            revocations=Revocations(
                self.state,
                self.file,
                stale_seconds=1.0,
                log=structlog.get_logger(),
                clock=lambda: self.now[0],
            ),
            lockout=Lockout(3, 60.0),
        )

    def mint(self, expires: datetime | None = None) -> tuple[str, Row]:
        return mint(
            RING, key_id="portal", tenant="globex", app="portal", groups=(), expires=expires
        )

    async def ask(self, key: str, *, header: str = "authorization", address: str = "::1") -> str:
        value = f"Bearer {key}" if header == "authorization" else key
        headers = [(header.encode(), value.encode())]
        principal = await self.identity.authenticate(headers, Peer(address=address))
        return f"{principal.method} {principal.tenant}/{principal.app}"

    async def learn(self) -> None:
        """Let the news grow old, so that it is fetched by the next request."""
        self.now[0] += 10


@asynccontextmanager
async def setting(folder: Path) -> AsyncIterator[tuple[Setting, ScriptedIssuer]]:
    async with ScriptedIssuer() as issuer:
        made = Setting(folder, issuer)
        await made.identity.start()
        try:
            yield made, issuer
        finally:
            await made.identity.close()


async def test_each_kind_of_credential_in_each_header(tmp_path: Path) -> None:
    async with setting(tmp_path) as (made, issuer):
        for header in ("authorization", "api-key", "x-api-key"):
            assert await made.ask(ENV_KEY, header=header) == "api-key acme/billing"
            assert await made.ask(made.key, header=header) == "api-key globex/portal"
            assert await made.ask(issuer.token(), header=header) == "oidc acme/billing"


async def test_T39_what_is_none_of_them_is_refused_alike(tmp_path: Path) -> None:
    async with setting(tmp_path) as (made, issuer):
        messages = set()
        for wrong in (
            "nobody-knows-this-key",
            made.key[:-1] + ("A" if made.key[-1] != "A" else "B"),
            made.mint()[0],
            issuer.token(kid="k9"),
            ENV_KEY[:-1],
        ):
            with pytest.raises(InvalidKey) as caught:
                await made.ask(wrong)
            messages.add(caught.value.message)
        assert len(messages) == 1


async def test_a_key_that_expired_is_refused(tmp_path: Path) -> None:
    async with setting(tmp_path) as (made, _):
        key, row = made.mint(datetime.fromtimestamp(time.time() - 1, UTC))
        write(made.path, [row])
        made.file.refresh()
        with pytest.raises(InvalidKey, match="expired"):
            await made.ask(key)


@pytest.mark.parametrize("kind", ["env", "prefix", "id", "token", "subject"])
async def test_a_replay_after_revocation_is_refused(tmp_path: Path, kind: str) -> None:
    async with setting(tmp_path) as (made, issuer):
        token = issuer.token(jti="t1")
        key = {"env": ENV_KEY, "prefix": made.key, "id": made.key}.get(kind, token)
        await made.ask(key)
        principal = await made.identity.authenticate(
            [(b"x-api-key", token.encode())], Peer(address="::1")
        )
        name = {
            "env": "env",
            "prefix": made.row.prefix,
            "id": "portal",
            "token": "token:t1",
            "subject": principal.credential_id,
        }[kind]
        await made.state.revoke(name, time.time() + 60)
        async with asyncio.timeout(5):
            while not made.identity._revocations.revoked(name):
                await asyncio.sleep(0.02)
        with pytest.raises(InvalidKey):
            await made.ask(key)


@pytest.mark.parametrize("kind", ["token", "tenant's token", "user", "subject"])
async def test_a_users_token_is_refused_when_replayed_after_revocation(
    tmp_path: Path, kind: str
) -> None:
    async with setting(tmp_path) as (made, issuer):
        caller = made.row.principal()
        headers = [(HEADER, issuer.token(aud="users", sub="mari", jti="t1").encode())]
        user = (await made.identity.on_behalf(caller, headers)).user
        assert user == user_name(RING, "globex", "mari")
        name = {
            "token": "token:t1",
            "tenant's token": "globex/token:t1",
            "user": user,
            "subject": subject_name(subject_key(RING), "mari"),
        }[kind]
        await made.state.revoke(name, time.time() + 60)
        async with asyncio.timeout(5):
            while not made.identity._revocations.revoked(name):
                await asyncio.sleep(0.02)
        with pytest.raises(InvalidKey, match="invalid, expired or revoked"):
            await made.identity.on_behalf(caller, headers)


async def test_T47_without_news_no_users_token_counts(tmp_path: Path) -> None:
    async with setting(tmp_path) as (made, issuer):
        caller = made.row.principal()
        made.state.gone = True
        await made.learn()
        with pytest.raises(IdentityUnavailable):
            await made.identity.on_behalf(caller, [(HEADER, issuer.token(aud="users").encode())])
        assert await made.identity.on_behalf(caller, []) == caller


async def test_a_key_that_is_marked_in_the_file_is_refused(tmp_path: Path) -> None:
    async with setting(tmp_path) as (made, _):
        await made.ask(made.key)
        write(made.path, [made.row.model_copy(update={"revoked": made.row.created})])
        await made.learn()
        with pytest.raises(InvalidKey):
            await made.ask(made.key)


async def test_T47_without_news_what_can_be_revoked_is_refused_and_the_rest_goes_on(
    tmp_path: Path,
) -> None:
    async with setting(tmp_path) as (made, issuer):
        assert made.identity.ready()
        made.state.gone = True
        await made.learn()
        assert not made.identity.ready()
        for key in (made.key, issuer.token()):
            with pytest.raises(IdentityUnavailable):
                await made.ask(key)
        assert await made.ask(ENV_KEY) == "api-key acme/billing"
        with pytest.raises(InvalidKey):
            await made.ask("nobody-knows-this-key")
        made.state.gone = False
        assert await made.ask(made.key) == "api-key globex/portal"


async def test_guessing_locks_the_key_for_that_address_alone(tmp_path: Path) -> None:
    async with setting(tmp_path) as (made, _):
        for letter in "ABC":
            wrong = made.key[:-5] + letter * 5
            with pytest.raises(InvalidKey):
                await made.ask(wrong, address="10.0.0.1")
        with pytest.raises(RateLimited):
            await made.ask(made.key, address="10.0.0.1")
        assert await made.ask(made.key, address="10.0.0.2") == "api-key globex/portal"
        assert await made.ask(ENV_KEY, address="10.0.0.1") == "api-key acme/billing"
