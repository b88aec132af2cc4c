"""What is proven of a deployment decides what it may serve, and every record and reply names it."""

from pathlib import Path
from typing import Any

import openai
import pytest

from tests.parts.configuration import deployment
from tests.parts.gateways import Served, serving
from tests.parts.records import MANIFEST, Team
from tests.parts.scripted import ScriptedUpstream, completion

SAID = completion({"content": "hello"})
MESSAGES: Any = [{"role": "user", "content": "hello"}]


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return Team(tmp_path)


async def ask(served: Served) -> tuple[int, dict[str, str]]:
    """The status, and the headers that say what is proven."""
    async with served.client() as client:
        try:
            raw = await client.chat.completions.with_raw_response.create(
                model="deepseek-r1", messages=MESSAGES
            )
        except openai.APIStatusError as error:
            return error.status_code, _named(error.response.headers)
        return raw.status_code, _named(raw.headers)


def _named(headers: Any) -> dict[str, str]:
    names = ("provenance", "manifest")
    return {name: headers[f"x-sekisho-{name}"] for name in names if f"x-sekisho-{name}" in headers}


def last(served: Served) -> dict[str, Any]:
    """What the last record says of the decision."""
    record = served.records()[-1]
    names = ("kind", "reasons", "provenance", "manifests")
    return {name: record.get(name) for name in names}


def bound(server: ScriptedUpstream, team: Team, record: Path) -> dict[str, Any]:
    return {"r1-a": deployment(server.base_url, provenance=team.bound(record))}


async def test_a_deployment_without_a_record_is_declared_and_serves(tmp_path: Path) -> None:
    async with (
        ScriptedUpstream(SAID) as server,
        serving(tmp_path, base_url=server.base_url) as served,
    ):
        assert await ask(served) == (200, {"provenance": "declared"})
        assert last(served) == {
            "kind": "outcome",
            "reasons": (),
            "provenance": {"r1-a": "declared"},
            "manifests": {},
        }


async def test_a_valid_record_is_verified_and_serves(tmp_path: Path, team: Team) -> None:
    async with ScriptedUpstream(SAID) as server:
        places = bound(server, team, team.sign())
        async with serving(tmp_path, deployments=places) as served:
            assert await ask(served) == (200, {"provenance": "verified", "manifest": MANIFEST})
            assert last(served) == {
                "kind": "outcome",
                "reasons": (),
                "provenance": {"r1-a": "verified"},
                "manifests": {"r1-a": MANIFEST},
            }


async def test_an_expired_record_is_refused(tmp_path: Path, team: Team) -> None:
    async with ScriptedUpstream(SAID) as server:
        places = bound(server, team, team.sign(days=-1))
        async with serving(tmp_path, deployments=places) as served:
            assert await ask(served) == (403, {"provenance": "expired", "manifest": MANIFEST})
            assert last(served) == {
                "kind": "refusal",
                "reasons": ("provenance",),
                "provenance": {"r1-a": "expired"},
                "manifests": {"r1-a": MANIFEST},
            }
    assert server.connections == 0


async def test_a_record_of_another_key_is_refused_until_the_team_signs_one(
    tmp_path: Path, team: Team
) -> None:
    async with ScriptedUpstream(SAID) as server:
        record = Team(tmp_path, "stranger").sign()
        async with serving(tmp_path, deployments=bound(server, team, record)) as served:
            assert await ask(served) == (403, {"provenance": "unverified"})
            assert server.connections == 0
            assert last(served) == {
                "kind": "refusal",
                "reasons": ("provenance",),
                "provenance": {"r1-a": "unverified"},
                "manifests": {},
            }
            team.sign()
            assert (await ask(served))[0] == 200
