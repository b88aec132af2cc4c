"""Values come back to whom they belong, on every surface."""

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.demo.leaks import leaked_values
from tests.parts.echoes import says, says_completion
from tests.parts.gateways import KEY, Served, serving
from tests.parts.scripted import Script, ScriptedUpstream, chunk, stream
from tests.parts.surfaces import CHAT, Surface, every_talking, frames

ROOT = Path(__file__).parents[2]
HEADERS = {"authorization": f"Bearer {KEY}"}
MAILS = ("kenji.tanaka@example.co.jp", "aiko.yamamoto@example.org")
PLACEHOLDER = re.compile(rb"\[EMAIL_ADDRESS_[0-9a-z]+\]")


@pytest.fixture
async def served(upstream: ScriptedUpstream, tmp_path: Path) -> AsyncIterator[Served]:
    slow = {"deadline_ms": 20_000}
    async with serving(tmp_path, base_url=upstream.base_url, detect=slow) as running:
        yield running


async def post(served: Served, surface: Surface, body: Any) -> bytes:
    async with (
        aiohttp.ClientSession(headers=HEADERS) as session,
        session.post(served.url + surface.path, json=body) as reply,
    ):
        assert reply.status == 200, await reply.text()
        return await reply.read()


def saying(surface: Surface, text: str) -> Script:
    speak = says_completion if surface.name == "openai-completions" else says
    return speak(text, streamed=True)


@every_talking
async def test_T16_T17_T24_T25_whose_value_it_is(
    served: Served, upstream: ScriptedUpstream, surface: Surface
) -> None:
    """Several in one request, the same in a later one, look-alikes of the caller, and nobody else's."""
    text = f"From {MAILS[0]} to {MAILS[1]}, as [PERSON_k7f3q2ab] and {MAILS[0]} said."
    first = await post(served, surface, surface.body(text, stream=True))
    assert surface.text(first, stream=True) == text
    later = await post(served, surface, surface.body(f"Again {MAILS[0]}", stream=True))
    assert surface.text(later, stream=True) == f"Again {MAILS[0]}"
    assert leaked_values(upstream.received, [*MAILS, "[PERSON_k7f3q2ab]"]) == []
    sent = [PLACEHOLDER.findall(seen.body) for seen in upstream.requests]
    assert sent[0][0] == sent[0][2] == sent[1][0]
    assert sent[0][1] != sent[0][0]
    others = sent[0][1].decode()
    upstream.scripts = [saying(surface, f"I know {others}")]
    reply = await post(served, surface, surface.body(f"Now {MAILS[0]}", stream=True))
    assert surface.text(reply, stream=True) == f"I know {others}"


async def test_T10_interleaved_choices_are_scanned_and_restored_apart(
    served: Served, upstream: ScriptedUpstream
) -> None:
    said = {0: "Card 5555 5555 5555 4444, ok", 1: "Card 4111 1111 1111 1111, ok"}
    pieces = [
        chunk({"content": said[choice][i : i + 3]}, choice=choice)
        for i in range(0, 28, 3)
        for choice in (0, 1)
    ]
    pieces += [chunk({}, choice=0, finish="stop"), chunk({}, choice=1, finish="stop")]
    upstream.scripts = [stream(*pieces, b"data: [DONE]\n\n", done=False)]
    body = {**CHAT.body("My card is 4111 1111 1111 1111", stream=True), "n": 2}
    texts: dict[int, str] = {0: "", 1: ""}
    for document in frames(await post(served, CHAT, body)):
        for choice in document["choices"]:
            texts[choice["index"]] += choice["delta"].get("content") or ""
    assert texts == {0: "Card [CREDIT_CARD], ok", 1: said[1]}


@every_talking
@pytest.mark.parametrize("streamed", [True, False])
async def test_surrogates_stand_for_values_and_come_back(
    upstream: ScriptedUpstream, tmp_path: Path, surface: Surface, *, streamed: bool
) -> None:
    """With the treatment ``surrogate`` the model sees other values of the same form."""
    policies = Path(shutil.copytree(ROOT / "policies", tmp_path / "policies"))
    table = policies / "data/entities.yaml"
    table.write_text(table.read_text().replace("in-house: placeholder", "in-house: surrogate", 1))
    text = f"Ask Kenji Tanaka at {MAILS[0]} or +81 90-1234-5678 about card 5555 5555 5555 4444."
    policy, detect = {"path": str(policies)}, {"deadline_ms": 20_000}
    async with serving(
        tmp_path, base_url=upstream.base_url, policy=policy, detect=detect
    ) as served:
        reply = await post(served, surface, surface.body(text, stream=streamed))
    assert surface.text(reply, stream=streamed) == text
    planted = [MAILS[0], "Tanaka", "90-1234-5678", "5555 5555 5555 4444"]
    assert leaked_values(upstream.received, planted) == []
    assert b"@example." in upstream.requests[0].body
    assert PLACEHOLDER.search(upstream.requests[0].body) is None


async def test_a_reply_that_is_bound_to_the_form_of_an_address_can_repeat_it(
    served: Served, upstream: ScriptedUpstream
) -> None:
    properties = {"mail": {"type": "string", "format": "email"}}
    schema = {"type": "object", "properties": properties}
    form = {"type": "json_schema", "json_schema": {"name": "contact", "schema": schema}}
    body = {**CHAT.body(f"Kenji Tanaka has {MAILS[0]}", stream=True), "response_format": form}
    reply = await post(served, CHAT, body)
    assert CHAT.text(reply, stream=True) == f"Kenji Tanaka has {MAILS[0]}"
    sent = upstream.requests[0].body
    assert b"@example." in sent
    assert b"[PERSON_" in sent
    assert leaked_values(upstream.received, [MAILS[0]]) == []
