"""What a model invents is treated; what the caller sent comes back untouched, however it was sent."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from gateway.types import Scan
from tests.parts.echoes import says, says_completion
from tests.parts.gateways import KEY, Served, serving
from tests.parts.opa import ROOT
from tests.parts.scripted import ScriptedUpstream
from tests.parts.surfaces import TALKING, Surface, every_talking, streamed_or_not

HEADERS = {"authorization": f"Bearer {KEY}"}
OWN, FRESH = "4111 1111 1111 1111", "5555 5555 5555 4444"
SPELLED = "4111-1111-1111-1111"
ZONES = ("in-house", "device", "trusted-cloud", "public-cloud")


@pytest.fixture
async def served(upstream: ScriptedUpstream, tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path, base_url=upstream.base_url) as running:
        yield running


async def told(
    served: Served, upstream: ScriptedUpstream, surface: Surface, body: Any, *, streamed: bool
) -> str:
    """What the caller reads when the model says its own value, spelled anew, and a fresh one."""
    speak = says_completion if surface.name == "openai-completions" else says
    upstream.scripts = [speak(f"Not {FRESH} but {SPELLED}, yes.", streamed=streamed)]
    async with (
        aiohttp.ClientSession(headers=HEADERS) as session,
        session.post(
            served.url + surface.path, json=surface.with_stream(body, stream=streamed)
        ) as reply,
    ):
        assert reply.status == 200, await reply.text()
        read = await reply.read()
    assert FRESH.encode() not in read
    assert served.records()[-1]["invented"] == {"CREDIT_CARD": 1}
    return surface.text(read, stream=streamed)


SHOWN = f"Not [CREDIT_CARD] but {SPELLED}, yes."


@every_talking
@streamed_or_not
async def test_a_value_that_the_detector_missed_is_the_callers_own(
    served: Served,
    upstream: ScriptedUpstream,
    surface: Surface,
    streamed: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def missed(*_: Any) -> Scan:
        return Scan(findings=(), unscannable=frozenset())

    monkeypatch.setattr(type(served.gateway.pipeline.scanner), "scan", missed)
    body = surface.ask(f"My card is {OWN}")
    assert await told(served, upstream, surface, body, streamed=streamed) == SHOWN
    assert OWN.encode() in upstream.received


@pytest.mark.parametrize(
    "surface", [s for s in TALKING if "tool result" in s.positions], ids=lambda s: s.name
)
@streamed_or_not
async def test_a_value_of_a_tool_result_is_the_callers_own(
    served: Served, upstream: ScriptedUpstream, surface: Surface, streamed: bool
) -> None:
    body = surface.positions["tool result"](f"card: {OWN}")
    assert await told(served, upstream, surface, body, streamed=streamed) == SHOWN
    assert OWN.encode() not in upstream.received


@every_talking
@streamed_or_not
async def test_a_value_that_policy_keeps_is_the_callers_own(
    upstream: ScriptedUpstream, tmp_path: Path, surface: Surface, streamed: bool
) -> None:
    policies = tmp_path / "policies"
    shutil.copytree(ROOT / "policies", policies)
    file = policies / "data/entities.yaml"
    document = yaml.safe_load(file.read_text())
    rows = document["entities"]
    rows["CREDIT_CARD"] = {
        **rows.get("CREDIT_CARD", {}),
        "treatment": dict.fromkeys(ZONES, "keep"),
    }
    file.write_text(yaml.safe_dump(document, sort_keys=False))
    async with serving(
        tmp_path, base_url=upstream.base_url, policy={"path": str(policies)}
    ) as served:
        body = surface.ask(f"My card is {OWN}")
        assert await told(served, upstream, surface, body, streamed=streamed) == SHOWN
    assert OWN.encode() in upstream.received
