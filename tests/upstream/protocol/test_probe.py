"""A probe believes only a proper answer."""

from typing import Any

import aiohttp
import pytest

from gateway.settings.deployments import Probe
from gateway.text.destination import destination
from gateway.upstream.protocol.probe import model_ids, probe_fault
from tests.parts.scripted import Script, ScriptedUpstream

WELL = Script()
MODELS = Script(chunks=(b'{"data": [{"id": "other"}, {"id": "deepseek-r1"}]}',))


async def fault(*scripts: Script, **probe: Any) -> tuple[str, ScriptedUpstream]:
    async with ScriptedUpstream(*scripts) as server, aiohttp.ClientSession() as session:
        found = await probe_fault(
            session,
            destination(server.base_url),
            Probe(**probe),
            model="deepseek-r1",
            headers={"authorization": "Bearer key"},
        )
    return found, server


async def test_a_deployment_that_is_well_and_serves_its_model() -> None:
    found, server = await fault(WELL, MODELS)
    assert found == ""
    assert [dict(seen.headers)["authorization"] for seen in server.requests] == ["Bearer key"] * 2


@pytest.mark.parametrize(
    ("scripts", "expected"),
    [
        ((Script(status=503),), "status 503"),
        ((Script(status=302, headers={"location": "http://127.0.0.1:1/"}),), "status 302"),
        ((WELL, Script(status=401)), "models: status 401"),
        (
            (WELL, Script(chunks=(b'{"data": [{"id": "other"}]}',))),
            "models: another model is served",
        ),
        ((WELL, Script(chunks=(b"<html>",))), "models: another model is served"),
    ],
)
async def test_what_is_wrong(scripts: tuple[Script, ...], expected: str) -> None:
    assert (await fault(*scripts))[0] == expected


async def test_either_half_may_be_left_out() -> None:
    _, server = await fault(MODELS, path=None)
    assert server.requests[0].line.startswith("GET /v1/models")
    _, server = await fault(WELL, identity=False)
    assert [seen.line.split()[1] for seen in server.requests] == ["/health"]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"data": 1}', b'{"data": [1]}', b'{"data": [{}]}'])
def test_what_is_no_list_of_models_names_none(body: bytes) -> None:
    assert model_ids(body) == frozenset()
