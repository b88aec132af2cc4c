"""Makes the installation of two workers and a Redis: their audit logs, counters, stored responses and revocations."""

import asyncio
import json
import shutil
import time
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.parts.certificates import Authority
from tests.parts.issuer import ScriptedIssuer
from tests.parts.redis import RedisServer
from tests.parts.scripted import ScriptedUpstream
from tests.upgrade.client import Client, Response
from tests.upgrade.files import remove_traces, write_json
from tests.upgrade.installation import Installation
from tests.upgrade.make_single_process import create_key
from tests.upgrade.model_server import reply
from tests.upgrade.redis_contents import dump
from tests.upgrade.scenario import (
    EXPENSIVE,
    MARI,
    PROMPTS,
    REPLAY,
    RIN,
    SEARCH,
    SORA,
    TEXT,
    TOKEN_ID,
    UNANSWERED,
)


async def make_workers(folder: Path, checkout: Path) -> None:
    with TemporaryDirectory() as scratch:
        async with (
            ScriptedUpstream(reply) as upstream,
            ScriptedIssuer() as issuer,
            RedisServer(Path(scratch)) as redis,
        ):
            url = upstream.base_url.removesuffix("/v1")
            variables = {"UPSTREAM": url, "ISSUER": issuer.url, "REDIS": redis.url}
            here = Installation(folder=folder, variables=variables, checkout=checkout)
            here.run("keys", "ring", "new", "ring.json")
            keys = _api_keys(here)
            revoked_certificate = _certificates(folder)
            responses = await _responses(here, keys, issuer)
            async with here.serving() as client:
                await _requests(client, keys)
                unanswered = asyncio.ensure_future(client.chat(UNANSWERED, key=keys["single"]))
                while not any(UNANSWERED.encode() in seen.body for seen in upstream.requests):
                    await asyncio.sleep(0.01)
                _revoke(here, revoked_certificate)
                contents = {"time": time.time(), "rows": dump(redis.url)}
                unanswered.cancel()
            write_json(folder / "redis.json", contents)
            write_json(folder / "api-keys.json", keys)
            write_json(folder / "responses.json", responses)
            write_json(folder / "output.json", _output(here))
    remove_traces(folder)


def _api_keys(here: Installation) -> dict[str, str]:
    return {
        "talker": create_key(here, "talker"),
        "stranger": create_key(here, "stranger"),
        "portal": create_key(here, "portal"),
        "used-up": create_key(here, "used-up", app="paced"),
        "half-used": create_key(here, "half-used", app="paced"),
        "unused": create_key(here, "unused", app="paced"),
        "monthly": create_key(here, "monthly"),
        "spender": create_key(here, "spender", group="spenders"),
        "single": create_key(here, "single"),
        "curious": create_key(here, "curious"),
        "withdrawn": create_key(here, "withdrawn"),
    }


def _certificates(folder: Path) -> str:
    """Certificates of two callers; the fingerprint of the first."""
    with TemporaryDirectory() as scratch:
        authority = Authority(Path(scratch))
        issued = [
            authority.issue(name, f"{name}.acme.internal", good_for=timedelta(days=36_500))
            for name in ("van", "truck")
        ]
        for certificate in issued:
            shutil.copy(certificate.cert_file, folder)
    return issued[0].fingerprint


async def _responses(
    here: Installation, keys: dict[str, str], issuer: ScriptedIssuer
) -> dict[str, Any]:
    """Stored responses, by what they are: the first under the older key of the ring."""
    async with here.serving() as client:
        first = _json(await client.respond(TEXT, key=keys["talker"]))
    here.run("keys", "ring", "rotate", "ring.json")
    async with here.serving() as client:
        second = await client.respond("And then?", key=keys["talker"], previous=first["id"])
        return {
            "before the rotation": first,
            "after the rotation": _json(second),
            "of a user": await _on_behalf_of(client, keys["portal"], issuer, SORA),
            "of a revoked user": await _on_behalf_of(client, keys["portal"], issuer, MARI),
        }


async def _on_behalf_of(client: Client, key: str, issuer: ScriptedIssuer, user: str) -> Any:
    token = issuer.token(aud="users", sub=user)
    return _json(await client.respond(f"I am {user}.", key=key, x_sekisho_on_behalf_of=token))


async def _requests(client: Client, keys: dict[str, str]) -> None:
    """Four of four requests, two of four, most of a month's tokens and money, and three prompts of three."""
    for caller, times in {"used-up": 4, "half-used": 2, "monthly": 1, "spender": 1}.items():
        for _ in range(times):
            _json(await client.chat(EXPENSIVE, key=keys[caller]))
    for prompt in PROMPTS:
        _json(await client.chat(prompt, key=keys["curious"], model="guarded"))
    for response in await client.chat_with_each_worker(TEXT, key=keys["talker"]):
        _json(response)


def _revoke(here: Installation, certificate: str) -> None:
    """Revoke in the shared state alone: the key file is put back as it was before."""
    key_file = here.folder / "keys.json"
    before = key_file.read_bytes()
    records = here.run_json("audit", "search", "--user", MARI)
    here.run("keys", "revoke", "withdrawn")
    here.run("keys", "revoke", "--subject", RIN)
    here.run("keys", "revoke", "--subject", records[0]["user"])
    here.run("keys", "revoke", "--token", TOKEN_ID)
    here.run("keys", "revoke", "--certificate", certificate)
    key_file.write_bytes(before)


def _json(response: Response) -> Any:
    """The body of a response that must be a success."""
    assert response.status == 200, response.text
    return response.json()


def _output(here: Installation) -> dict[str, Any]:
    """What the commands print."""
    return {
        "verify": here.run_json("audit", "verify"),
        "search": here.run_json(*SEARCH),
        "search for a user": here.run_json("audit", "search", "--user", SORA),
        "replay": json.loads(here.run(*REPLAY)),
    }
