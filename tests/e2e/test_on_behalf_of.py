"""An end user behind a shared key, at a whole gateway: recorded, found, revoked, and nowhere in clear."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import openai
import orjson
import pytest
import structlog
import yaml

from gateway.edge.admin_routes import PREFIX
from gateway.identity.tokens.on_behalf_of import HEADER
from tests.e2e.test_certificates import KEYS
from tests.parts.commands import run
from tests.parts.configuration import document
from tests.parts.gateways import KEY, Served, serving
from tests.parts.issuer import ScriptedIssuer
from tests.parts.scripted import ScriptedUpstream

MARI = "mari.suzuki@example.co.jp"


@asynccontextmanager
async def site(
    folder: Path, upstream: ScriptedUpstream, **more: Any
) -> AsyncIterator[tuple[Served, ScriptedIssuer]]:
    async with ScriptedIssuer() as issuer:
        row = {"issuer": issuer.url, "audience": "users", "tenant": "acme", "apps": ["billing"]}
        identity = {"keys": [{**KEYS[0], "roles": ["auditor"]}], "on_behalf_of": [{**row, **more}]}
        changes: dict[str, Any] = {"base_url": upstream.base_url, "identity": identity}
        config = document(folder=str(folder), **changes)
        (folder / "sekisho.yaml").write_text(yaml.safe_dump({**config, "policy": {"path": "."}}))
        async with serving(folder, **changes) as served:
            yield served, issuer


async def ask(served: Served, token: str | None) -> None:
    headers = {} if token is None else {HEADER.decode(): token}
    async with served.client(default_headers=headers) as client:
        messages: Any = [{"role": "user", "content": "hello"}]
        await client.chat.completions.create(model="deepseek-r1", messages=messages)


async def served_to(served: Served, token: str) -> bool:
    try:
        await ask(served, token)
    except openai.AuthenticationError:
        return False
    return True


def search(folder: Path, *options: str) -> list[dict[str, Any]]:
    told = run("audit", "search", "--config", str(folder / "sekisho.yaml"), "--json", *options)
    assert told.exit_code == 0, told.output
    found: list[dict[str, Any]] = orjson.loads(told.stdout)
    return found


async def test_a_user_is_recorded_found_and_nowhere_in_clear(
    upstream: ScriptedUpstream, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    structlog.reset_defaults()  # a command that ran in this process may have set its level
    async with site(tmp_path, upstream) as (served, issuer):
        token = issuer.token(aud="users", sub=MARI)
        with structlog.testing.capture_logs() as lines:
            await ask(served, token)
            await ask(served, issuer.token(aud="users", sub="yuki"))
            await ask(served, None)
        found = await asyncio.to_thread(search, tmp_path, "--user", MARI)
        transport = httpx.ASGITransport(app=served.gateway.admin())
        async with httpx.AsyncClient(transport=transport, base_url="http://admin") as http:
            asked = await http.get(
                f"{PREFIX}/audit/records", params={"user": MARI}, headers={"x-api-key": KEY}
            )
        everything = await asyncio.to_thread(search, tmp_path)
    assert [row["kind"] for row in found] == ["outcome", "attempt"]
    (hidden,) = {row["user"] for row in found}
    assert hidden.startswith("user-")
    assert asked.json()["records"] == found
    everything = [row for row in everything if row["kind"] != "admin"]
    assert [row["user"] for row in everything[:2]] == ["", ""]
    assert len({row["user"] for row in everything}) == 3
    for options in (("--user", hidden), ("--user", MARI, "--tenant", "acme")):
        assert search(tmp_path, *options) == found
    assert search(tmp_path, "--user", MARI, "--tenant", "globex") == []
    verified = run("audit", "verify", "--config", str(tmp_path / "sekisho.yaml"))
    assert verified.exit_code == 0, verified.output
    sent = [f"{name}: {value}" for seen in upstream.requests for name, value in seen.headers]
    logged = str(lines) + "".join(capfd.readouterr())
    assert "outcome" in logged
    for place in (str(sent), logged, (tmp_path / "audit.db").read_bytes().decode("latin-1")):
        assert not any(secret in place for secret in (MARI, token, token.split(".")[1]))
    assert HEADER.decode() not in str(sent)


async def test_a_kept_response_is_of_its_user_alone(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    async with site(tmp_path, upstream) as (served, issuer):
        mari, yuki = (issuer.token(aud="users", sub=sub) for sub in (MARI, "yuki"))
        async with served.client(default_headers={HEADER.decode(): mari}) as client:
            first = await client.responses.create(model="deepseek-r1", input="hello")
            assert (await client.responses.retrieve(first.id)).id == first.id
        for headers in ({HEADER.decode(): yuki}, {}):
            async with served.client(default_headers=headers) as client:
                with pytest.raises(openai.NotFoundError):
                    await client.responses.retrieve(first.id)
                with pytest.raises(openai.BadRequestError, match="not found"):
                    await client.responses.create(
                        model="deepseek-r1", input="go on", previous_response_id=first.id
                    )


async def test_a_refused_user_is_a_recorded_refusal_of_the_application(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    async with site(tmp_path, upstream, required=True) as (served, issuer):
        for token in (None, issuer.token(aud="sekisho", sub=MARI), "x"):
            with pytest.raises(openai.AuthenticationError) as caught:
                await ask(served, token)
            assert caught.value.param == HEADER.decode()
        rows = served.records()
    assert {(row["kind"], row["app"], row["code"], row["user"]) for row in rows} == {
        ("refusal", "billing", "invalid_key", "")
    }
    assert len(rows) == 3
    assert upstream.requests == []


async def test_a_user_who_was_revoked_is_refused_and_the_others_are_served(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    async with site(tmp_path, upstream) as (served, issuer):
        token = issuer.token(aud="users", sub=MARI)
        await ask(served, token)
        await served.gateway.state.revoke(served.records()[0]["user"], time.time() + 60)
        async with asyncio.timeout(10):
            while await served_to(served, token):
                await asyncio.sleep(0.02)
        await ask(served, issuer.token(aud="users", sub="yuki"))
