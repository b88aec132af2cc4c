"""Failures of other gateways that one surface can have and another not: each on every surface where it can occur."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.demo.sightings import sightings
from tests.parts.configuration import deployment
from tests.parts.echoes import echo, says, says_completion
from tests.parts.gateways import KEY, Served, serving
from tests.parts.scripted import Script, ScriptedUpstream
from tests.parts.surfaces import SURFACES, TALKING, Surface

ROOT = Path(__file__).parents[2]
HEADERS = {"authorization": f"Bearer {KEY}"}
MAIL = "kenji.tanaka@example.co.jp"
SECRET = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5"
PLACEHOLDER = re.compile(r"\[[A-Z_]+_[0-9a-z]{8,13}\]")
OVERLAPPING = (
    "mail ann.b@corp.example.com, see https://corp.example.com/a?m=ann.b@corp.example.com&p=+12125550123; "
    "IBAN GB82 WEST 1234 5698 7654 32 (tel. +44 20 7946 0958), done."
)

every_surface = pytest.mark.parametrize("surface", SURFACES, ids=lambda s: s.name)
every_talking = pytest.mark.parametrize("surface", TALKING, ids=lambda s: s.name)
both_ways = pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "whole"])


@pytest.fixture
async def upstream() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream(echo) as running:
        yield running


@pytest.fixture
async def served(upstream: ScriptedUpstream, tmp_path: Path) -> AsyncIterator[Served]:
    slow = {"deadline_ms": 20_000}
    cloud = deployment(upstream.base_url, zone="trusted-cloud")
    async with serving(
        tmp_path, base_url=upstream.base_url, more_deployments={"cloud": cloud}, detect=slow
    ) as running:
        yield running


async def post(served: Served, path: str, body: Any) -> tuple[int, bytes]:
    async with (
        aiohttp.ClientSession(headers=HEADERS) as session,
        session.post(served.url + path, json=body) as reply,
    ):
        return reply.status, await reply.read()


def saying(surface: Surface, text: str, *, streamed: bool) -> Script:
    speak = says_completion if surface.name == "openai-completions" else says
    return speak(text, streamed=streamed)


@every_surface
@pytest.mark.parametrize("beyond", ["/anything", "/../files", "s"])
async def test_T07_there_is_no_way_through_beside_what_is_served(
    served: Served, upstream: ScriptedUpstream, surface: Surface, beyond: str
) -> None:
    status, said = await post(served, surface.path + beyond, surface.body(MAIL))
    assert status == 404
    assert surface.path.encode() in said
    assert upstream.connections == 0


@every_talking
@both_ways
async def test_T08_overlaps_change_nothing_around_them(
    served: Served, upstream: ScriptedUpstream, surface: Surface, *, streamed: bool
) -> None:
    status, reply = await post(served, surface.path, surface.body(OVERLAPPING, stream=streamed))
    assert status == 200
    assert surface.text(reply, stream=streamed) == OVERLAPPING
    document = upstream.requests[0].json()
    said = document.get("prompt") or document["messages"][-1]["content"]
    said = said if isinstance(said, str) else "".join(part["text"] for part in said)
    pieces = PLACEHOLDER.split(said)
    assert len(pieces) > 4
    assert re.fullmatch(".+?".join(map(re.escape, pieces)), OVERLAPPING)


@every_surface
async def test_T13_a_block_means_that_nothing_was_sent(
    upstream: ScriptedUpstream, tmp_path: Path, surface: Surface
) -> None:
    cloud = deployment(upstream.base_url, zone="public-cloud", operator="openai", weights="openai")
    async with serving(tmp_path, deployments={"cloud": cloud}, models=only("cloud")) as served:
        status, said = await post(served, surface.path, surface.body(f"the token is {SECRET}"))
        (record,) = served.records()
    assert status in (403, 422)
    assert SECRET.encode() not in said
    assert (record["kind"], record["attempt"], record["outcome"]) == ("refusal", 0, "denied")
    assert upstream.connections == 0


@every_talking
@both_ways
async def test_T23_a_placeholder_that_the_model_changed_is_not_guessed(
    served: Served, upstream: ScriptedUpstream, surface: Surface, *, streamed: bool
) -> None:
    await post(served, surface.path, surface.body(f"I am {MAIL}"))
    (minted,) = set(PLACEHOLDER.findall(upstream.requests[0].body.decode()))
    changed = " ".join((minted.lower(), minted[:-4] + "zzz]", "<EMAIL_ADDRESS>", f"**{minted}**"))
    upstream.scripts = [saying(surface, changed, streamed=streamed)]
    body = surface.body(f"I am {MAIL}", stream=streamed)
    status, reply = await post(served, surface.path, body)
    assert status == 200
    assert surface.text(reply, stream=streamed) == changed.replace(f"**{minted}**", f"**{MAIL}**")


@every_surface
async def test_T57_a_name_that_is_found_once_is_nowhere_on_the_wire(
    served: Served, upstream: ScriptedUpstream, surface: Surface
) -> None:
    text = "My name is Kenji Tanaka. Lists: a tanaka; TANAKA, b; 'Tanaka'-c. Mr. Tanaka left."
    status, _ = await post(served, surface.path, surface.body(text))
    assert status == 200
    assert sightings(upstream.received, ["Tanaka", "Kenji"]) == []


def only(name: str) -> dict[str, Any]:
    return {"deepseek-r1": {"deployments": [name]}}


@every_surface
async def test_T32_what_was_remembered_does_not_outlive_a_change_of_policy(
    upstream: ScriptedUpstream, tmp_path: Path, surface: Surface
) -> None:
    policies = Path(shutil.copytree(ROOT / "policies", tmp_path / "policies"))
    table = policies / "data/entities.yaml"
    shipped = table.read_text()
    table.write_text(shipped.replace("in-house: placeholder", "in-house: keep", 1))
    policy, detect = {"path": str(policies), "watch_seconds": 0}, {"deadline_ms": 20_000}
    async with serving(
        tmp_path, base_url=upstream.base_url, policy=policy, detect=detect
    ) as served:
        for _ in range(2):  # the second finds everything remembered
            assert (await post(served, surface.path, surface.body(MAIL)))[0] == 200
        assert len(sightings(upstream.received, [MAIL])) == 1
        upstream.requests.clear()
        table.write_text(shipped)
        await asyncio.gather(*(refresher.look() for refresher in served.gateway.refreshers))
        assert (await post(served, surface.path, surface.body(MAIL)))[0] == 200
    assert sightings(upstream.received, [MAIL]) == []
    assert b"[EMAIL_ADDRESS_" in upstream.received
