"""Makes the installation of one process: an audit log, a ring that was rotated, API keys and a signed record of weights."""

import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.parts.scripted import ScriptedUpstream
from tests.parts.signing import key_pair
from tests.upgrade.client import Client, Response
from tests.upgrade.files import remove_traces, write_json
from tests.upgrade.installation import Installation
from tests.upgrade.model_server import reply
from tests.upgrade.scenario import DESK_KEY, QUESTION, REPLAY, SEARCH, TEXT

_PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "YPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


async def make_single_process(folder: Path, checkout: Path) -> None:
    async with ScriptedUpstream(reply) as upstream:
        variables = {"UPSTREAM": upstream.base_url.removesuffix("/v1"), "DESK_KEY": DESK_KEY}
        here = Installation(folder=folder, variables=variables, checkout=checkout)
        here.run("keys", "ring", "new", "ring.json")
        _sign_weights(here)
        keys = _api_keys(here)
        async with here.serving() as client:
            responses = await _requests(client, keys["billing"])
        (folder / "checkpoint.txt").write_text(here.run("audit", "checkpoint"))
        here.run("keys", "ring", "rotate", "ring.json")
        keys["ledger"] = create_key(here, "ledger", tenant="globex")
        async with here.serving() as client:
            responses |= await _requests_after_the_rotation(client, keys)
            placeholders = await _placeholders(client, keys, upstream)
    (folder / "public-keys.txt").write_text(here.run("keys", "ring", "public", "ring.json"))
    write_json(folder / "api-keys.json", keys)
    write_json(folder / "placeholders.json", placeholders)
    write_json(folder / "output.json", _output(here, responses))
    remove_traces(folder)


def create_key(here: Installation, name: str, **options: str) -> str:
    """Make an API key, for an application of the same name unless the options name another."""
    given = {"id": name, "tenant": "acme", "app": name, **options}
    words = [word for option, value in given.items() for word in (f"--{option}", value)]
    key: str = here.run_json("keys", "create", *words)["key"]
    return key


def _sign_weights(here: Installation) -> None:
    weights = here.folder / "weights"
    weights.mkdir()
    (weights / "config.json").write_text("{}\n")
    with TemporaryDirectory() as scratch:
        private, public = key_pair(Path(scratch))
        shutil.copy(public, here.folder / "team.pub.pem")
        signed = ("--key", str(private), "--out", "r1.sig.json", "--expires", "2099-12-31")
        claims = ("--commit", "56d4cbbb4d29", "--licence", "MIT", "--derived-from", "nothing")
        here.run("models", "sign", "weights", *signed, *claims)


def _api_keys(here: Installation) -> dict[str, str]:
    """Keys that work, one that is revoked, and one that was replaced and has expired."""
    keys = {
        "desk": DESK_KEY,
        "billing": create_key(here, "billing", group="finance", role="auditor"),
        "revoked": create_key(here, "revoked"),
        "replaced": create_key(here, "rotated"),
    }
    here.run("keys", "revoke", "revoked")
    rotated = here.run_json("keys", "rotate", "rotated", "--overlap-hours", "0", "--days", "36500")
    return {**keys, "rotated": rotated["key"]}


async def _requests(client: Client, key: str) -> dict[str, Response]:
    stored = await client.respond(TEXT, key=key)
    path = f"/v1/responses/{stored.json()['id']}"
    return {
        "stored": stored,
        "retrieved": await client.send(path, key=key),
        "deleted": await client.send(path, key=key, method="DELETE"),
        "masked": await client.chat(TEXT, key=key),
        "by an exception": await client.chat(TEXT, key=key, model="lab"),
        "for an unknown purpose": await client.chat("Hi", key=key, x_sekisho_purpose="gossip"),
        "at the second attempt": await client.chat(TEXT, key=key, model="shaky"),
        "for an unknown model": await client.chat("Hi", key=key, model="nobody"),
    }


async def _requests_after_the_rotation(client: Client, keys: dict[str, str]) -> dict[str, Response]:
    key, desk = keys["billing"], keys["desk"]
    body = {"model": "deepseek-r1", "messages": [{"role": "user", "content": TEXT}]}
    parts = [{"type": "text", "text": "?"}, {"type": "image_url", "image_url": {"url": _PIXEL}}]
    image = {"model": "deepseek-r1", "messages": [{"role": "user", "content": parts}]}
    messages = {**body, "max_tokens": 9}
    new_key = {"id": "made", "tenant": "acme", "app": "billing", "groups": [], "days": 36_500}
    return {
        "streamed": await client.send("/v1/chat/completions", {**body, "stream": True}, key=key),
        "of Anthropic's API": await client.send("/v1/messages", messages, key=keys["rotated"]),
        "with an image": await client.send("/v1/chat/completions", image, key=key),
        "with an invented value": await client.chat(QUESTION, key=key),
        "refused by a pack": await client.chat("Hi", key=keys["ledger"], model="lab"),
        "key created": await client.admin("/keys", new_key, key=desk),
        "drained": await client.admin("/deployments/r1-lab/drain", {}, key=desk),
        "without the role": await client.admin("/policy", key=key),
    }


async def _placeholders(
    client: Client, keys: dict[str, str], upstream: ScriptedUpstream
) -> dict[str, str]:
    """What the model server gets in place of :data:`TEXT` from a caller of each tenant."""
    masked: dict[str, str] = {}
    for caller in ("billing", "ledger"):
        await client.chat(TEXT, key=keys[caller])
        masked[caller] = upstream.requests[-1].json()["messages"][-1]["content"]
    return masked


def _output(here: Installation, responses: dict[str, Response]) -> dict[str, Any]:
    """What the commands print; a few requests as ``audit show`` has them."""
    ids = {name: response.headers["x-request-id"] for name, response in responses.items()}
    shown = ("masked", "at the second attempt", "refused by a pack", "key created")
    return {
        "verify": here.run_json("audit", "verify"),
        "search": here.run_json(*SEARCH),
        "show": {ids[name]: here.run_json("audit", "show", ids[name]) for name in shown},
        "replay": json.loads(here.run(*REPLAY)),
        "keys": here.run_json("keys", "list"),
    }
