"""Failures seen in the field, each played on every surface where it can occur."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.demo.leaks import leaked_values
from gateway.edge.routes import PUBLIC_ROUTES
from gateway.edge.routes import PublicRoute as Row
from gateway.errors import DetectorUnavailable
from gateway.types import Scan
from tests.parts.configuration import deployment
from tests.parts.echoes import says, says_completion
from tests.parts.gateways import KEY, Served, post, serving
from tests.parts.positions import MODEL, chat, messages, ollama, user
from tests.parts.scripted import ReceivedRequest, Script, ScriptedUpstream
from tests.parts.surfaces import (
    SURFACES,
    Surface,
    every_surface,
    every_talking,
    streamed_or_not,
)

ROOT = Path(__file__).parents[2]
HEADERS = {"authorization": f"Bearer {KEY}"}
MAIL = "kenji.tanaka@example.co.jp"
CARD = "4111111111111111"
PLACEHOLDER = re.compile(r"\[[A-Z_]+_[0-9a-z]{8,}\]")


@pytest.fixture
async def served(upstream: ScriptedUpstream, tmp_path: Path) -> AsyncIterator[Served]:
    places = {
        "cloud": deployment("https://api.deepseek.com/v1"),
        MODEL: deployment(upstream.base_url),
    }
    models = {name: {"deployments": [name]} for name in places}
    async with serving(
        tmp_path, base_url=upstream.base_url, more_deployments=places, models=models
    ) as running:
        yield running


def told(seen: ReceivedRequest) -> str:
    """The last text that a model server was sent."""
    document = seen.json()
    said = document.get("prompt") or document.get("input") or document["messages"][-1]["content"]
    return str(said)


def body_for(row: Row) -> dict[str, Any]:
    """A request to a path, in the form of the surface that has the same dialect and operation."""
    path = row.path.removesuffix("/count_tokens")
    body = next(s for s in SURFACES if path.endswith(s.path.removeprefix("/v1"))).body(MAIL)
    if path != row.path:
        del body["max_tokens"]
    return body


@pytest.mark.parametrize(
    "row", [row for row in PUBLIC_ROUTES if "POST" in row.methods], ids=lambda row: row.path
)
async def test_T07_no_path_passes_without_the_guards(
    served: Served, upstream: ScriptedUpstream, row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every path that is served sends masked text, and sends none when nothing can be detected."""
    path, body = row.path.replace("{model}", MODEL), body_for(row)
    status, reply = await post(served, path, body)
    assert (status, len(upstream.requests)) == (200, 1), reply
    assert leaked_values(upstream.received, [MAIL]) == []

    async def broken(*_: Any) -> None:
        raise DetectorUnavailable("a detector failed")

    monkeypatch.setattr(type(served.gateway.pipeline.scanner), "scan", broken)
    status, reply = await post(served, path, body)
    assert (status, len(upstream.requests)) == (503, 1), reply


@every_surface
async def test_T08_text_around_overlapping_values_is_untouched(
    served: Served, upstream: ScriptedUpstream, surface: Surface
) -> None:
    parts = (
        "\tthe account ",
        "GB82WEST12345698765432",
        ",  the address ",
        MAIL,
        " — or ",
        CARD,
        "; ende\u0301 ",
    )
    status, reply = await post(served, surface.path, surface.body("".join(parts)))
    assert status == 200, reply
    seen = told(upstream.requests[0])
    assert PLACEHOLDER.split(seen) == list(parts[::2])
    assert leaked_values(upstream.received, parts[1::2]) == []


@every_surface
async def test_T11_nothing_is_claimed_of_a_scan_that_found_nothing(
    served: Served, surface: Surface, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is told of a request comes from what ran: a planted value that passes shows as none."""
    async with aiohttp.ClientSession(headers=HEADERS) as session:

        async def redactions() -> str:
            body = surface.body(f"I am {MAIL}")
            async with session.post(served.url + surface.path, json=body) as reply:
                return reply.headers["x-sekisho-redactions"]

        assert await redactions() == "EMAIL_ADDRESS=1"

        async def blind(*_: Any) -> Scan:
            return Scan(findings=(), unscannable=frozenset())

        monkeypatch.setattr(type(served.gateway.pipeline.scanner), "scan", blind)
        assert await redactions() == ""


@every_surface
async def test_T13_what_is_refused_is_not_sent(
    served: Served, upstream: ScriptedUpstream, surface: Surface
) -> None:
    streams = {False, surface.streamed is not None}
    for stream in streams:
        body = {**surface.body("Hello", stream=stream), "model": "cloud"}
        status, reply = await post(served, surface.path, body)
        assert (status, b"provider_blocked" in reply) == (403, True), reply
    assert upstream.connections == 0
    assert [record["outcome"] for record in served.records()] == ["denied"] * len(streams)


@every_talking
@streamed_or_not
async def test_T23_a_placeholder_that_the_model_changed_is_nobodys(
    served: Served, upstream: ScriptedUpstream, surface: Surface, streamed: bool
) -> None:
    """Marks around a placeholder do no harm; a changed one is left, and one of its form is counted."""
    shown: list[str] = []

    def changes(seen: ReceivedRequest) -> Script:
        made = PLACEHOLDER.findall(told(seen))[0]
        other = made[:-2] + ("2" if made[-2] != "2" else "3") + "]"
        shown[:] = [made.lower(), "[EMAIL_ADDRESS]", made.replace("_", "\u2011"), other]
        speak = says_completion if surface.name == "openai-completions" else says
        return speak(f"**{made}** {' '.join(shown)}.", streamed=streamed)

    upstream.scripts = [changes]
    _, reply = await post(served, surface.path, surface.body(f"I am {MAIL}", stream=streamed))
    assert surface.text(reply, stream=streamed) == f"**{MAIL}** {' '.join(shown)}."
    assert served.records()[-1]["unrestored"] == 1


async def test_T52_signed_thinking_is_never_rewritten(
    served: Served, upstream: ScriptedUpstream
) -> None:
    """It is dropped whole where it held a value; without a signature it is text and is masked."""
    for signature in ("EqQBCg==", ""):
        thought = {"type": "thinking", "thinking": f"It is {MAIL}", "signature": signature}
        blocks = [thought, {"type": "text", "text": "ok"}]
        body = messages(user("hi"), {"role": "assistant", "content": blocks}, user("and?"))
        status, reply = await post(served, "/v1/messages", body)
        assert status == 200, reply
    signed, plain = (seen.json()["messages"][1] for seen in upstream.requests)
    assert "It is" not in str(signed)
    assert PLACEHOLDER.sub("", plain["reasoning_content"]) == "It is "
    assert leaked_values(upstream.received, [MAIL, "EqQBCg=="]) == []


TWO_TEXTS: dict[str, Callable[[str, str], dict[str, Any]]] = {
    "openai-chat": lambda a, b: chat({"role": "system", "content": b}, user(a), user(b)),
    "openai-completions": lambda a, b: {"model": MODEL, "prompt": a, "suffix": b},
    "openai-responses": lambda a, b: {"model": MODEL, "instructions": b, "input": a},
    "openai-embeddings": lambda a, b: {"model": MODEL, "input": [b, a]},
    "anthropic-messages": lambda a, b: messages(user(a), system=b),
    "ollama-chat": lambda a, b: ollama({"role": "system", "content": b}, user(a)),
    "ollama-generate": lambda a, b: {"model": MODEL, "system": b, "prompt": a},
    "ollama-embed": lambda a, b: {"model": MODEL, "input": [b, a]},
}


@every_surface
async def test_T57_a_name_found_in_one_text_is_masked_in_all(
    served: Served, upstream: ScriptedUpstream, surface: Surface
) -> None:
    """Alone the second text shows no name; beside the first it does."""
    clear, hidden = "My name is Kenji Tanaka.", "open /srv/tanaka/notes"
    status, _ = await post(served, surface.path, surface.body(hidden))
    assert (status, told(upstream.requests[0])) == (200, hidden)
    body = surface.with_stream(TWO_TEXTS[surface.name](clear, hidden), stream=False)
    status, reply = await post(served, surface.path, body)
    assert status == 200, reply
    assert b"tanaka" not in upstream.requests[1].body.lower()
    assert b"/srv/[PERSON_" in upstream.requests[1].body


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/completions", "prompt"),
        ("/v1/embeddings", "input"),
        ("/api/embed", "input"),
        ("/v1/responses", "input"),
    ],
)
async def test_T58_token_ids_are_refused(
    served: Served, upstream: ScriptedUpstream, path: str, field: str
) -> None:
    for ids in ([1, 2], [[1, 2], [3]]):
        status, reply = await post(served, path, {"model": MODEL, field: ids})
        assert (status, field.encode() in reply) == (400, True), reply
    assert upstream.requests == []


NUMBERS = [
    (surface, position)
    for surface in SURFACES
    for position in ("argument", "tool input", "argument key", "tool input key")
    if position in surface.positions
]


@pytest.mark.parametrize(("surface", "position"), NUMBERS, ids=lambda v: getattr(v, "name", v))
async def test_T59_numbers_and_keys_of_arguments_are_text(
    served: Served, upstream: ScriptedUpstream, surface: Surface, position: str
) -> None:
    body = surface.with_stream(surface.positions[position](int(CARD)), stream=False)
    status, reply = await post(served, surface.path, body)
    assert status == 200, reply
    assert b"[CREDIT_CARD_" in upstream.received
    assert leaked_values(upstream.received, [CARD]) == []


LOGPROBS = [
    ("openai-chat", {"logprobs": True}),
    ("openai-chat", {"top_logprobs": 2}),
    ("openai-completions", {"logprobs": 1}),
    ("openai-responses", {"top_logprobs": 2}),
    ("openai-responses", {"include": ["message.output_text.logprobs"]}),
    ("ollama-chat", {"logprobs": True}),
    ("ollama-generate", {"top_logprobs": 2}),
]


@pytest.mark.parametrize(("name", "asked"), LOGPROBS)
async def test_log_probabilities_are_refused_by_name(
    served: Served, upstream: ScriptedUpstream, name: str, asked: dict[str, Any]
) -> None:
    """They would spell out, token by token, text that was masked."""
    surface = next(s for s in SURFACES if s.name == name)
    status, reply = await post(served, surface.path, {**surface.body("hi"), **asked})
    assert (status, b"unsupported_field" in reply, b"logprobs" in reply) == (400, True, True), reply
    assert upstream.requests == []


@every_surface
@pytest.mark.parametrize("beyond", ["/any/thing", "/../files", "s"])
async def test_T07_there_is_no_way_through_beside_what_is_served(
    served: Served, upstream: ScriptedUpstream, surface: Surface, beyond: str
) -> None:
    status, said = await post(served, surface.path + beyond, surface.body(MAIL))
    assert status == 404
    assert surface.path.encode() in said
    assert upstream.connections == 0


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
        assert len(leaked_values(upstream.received, [MAIL])) == 1
        upstream.requests.clear()
        table.write_text(shipped)
        await asyncio.gather(*(refresher.check() for refresher in served.gateway.refreshers))
        assert (await post(served, surface.path, surface.body(MAIL)))[0] == 200
    assert leaked_values(upstream.received, [MAIL]) == []
    assert b"[EMAIL_ADDRESS_" in upstream.received
