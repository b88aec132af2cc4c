"""What holds on the first surface holds on every other, streamed and not."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway import respond
from gateway.demo.leaks import leaked_values
from gateway.errors import DetectorUnavailable
from tests.parts.configuration import deployment
from tests.parts.echoes import echo, says, says_completion
from tests.parts.gateways import KEY, Served, serving
from tests.parts.scripted import (
    ReceivedRequest,
    Script,
    ScriptedUpstream,
    chunk,
    completion,
    stream,
)
from tests.parts.surfaces import (
    SURFACES,
    TALKING,
    Surface,
    every_surface,
    every_talking,
    streamed_or_not,
    without_ids,
)

PLANTED = ("Kenji Tanaka", "kenji.tanaka@example.co.jp", "+81 90-1234-5678", "4111 1111 1111 1111")
TEXT = (
    f"The customer {PLANTED[0]} has the e-mail {PLANTED[1]}, the phone {PLANTED[2]} "
    f"and the card {PLANTED[3]}."
)
HEADERS = {"authorization": f"Bearer {KEY}"}


@pytest.fixture
async def served(upstream: ScriptedUpstream, tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path, base_url=upstream.base_url) as running:
        yield running


async def post(served: Served, surface: Surface, body: Any) -> tuple[int, bytes]:
    async with (
        aiohttp.ClientSession(headers=HEADERS) as session,
        session.post(served.url + surface.path, json=body) as reply,
    ):
        return reply.status, await reply.read()


def saying(surface: Surface, text: str, *, streamed: bool) -> Script:
    """A server that says this text in the form that the surface asks for."""
    speak = says_completion if surface.name == "openai-completions" else says
    return speak(text, streamed=streamed)


@every_talking
@streamed_or_not
async def test_T02_values_are_restored_and_none_is_on_the_wire(
    served: Served, upstream: ScriptedUpstream, surface: Surface, streamed: bool
) -> None:
    status, reply = await post(served, surface, surface.body(TEXT, stream=streamed))
    assert status == 200, reply
    assert surface.text(reply, stream=streamed) == TEXT
    assert leaked_values(upstream.received, PLANTED) == []
    assert b"[PERSON_" in upstream.received


@pytest.mark.parametrize("path", ["/v1/embeddings", "/api/embed"])
async def test_T15_the_same_value_is_embedded_as_the_same_placeholder(
    served: Served, upstream: ScriptedUpstream, path: str
) -> None:
    surface = next(s for s in SURFACES if s.path == path)
    for _ in range(2):
        assert (await post(served, surface, surface.body(PLANTED[1])))[0] == 200
    first, second = (seen.json()["input"] for seen in upstream.requests)
    assert first == second
    assert first.startswith("[EMAIL_ADDRESS_")


@every_surface
async def test_T01_a_detector_that_fails_refuses_on_every_surface(
    served: Served, upstream: ScriptedUpstream, surface: Surface, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> None:
        raise DetectorUnavailable("a detector failed")

    monkeypatch.setattr(type(served.gateway.pipeline.scanner), "scan", broken)
    status, reply = await post(served, surface, surface.body(TEXT))
    assert (status, b"detector_unavailable" in reply) == (503, True)
    assert upstream.requests == []


@every_talking
@streamed_or_not
async def test_T27_T29_what_the_model_invents_is_replaced_and_the_callers_own_is_not(
    served: Served, upstream: ScriptedUpstream, surface: Surface, streamed: bool
) -> None:
    said = "Try 5555 5555 5555 4444 or 4111 1111 1111 1111 for 34-7."
    upstream.scripts = [saying(surface, said, streamed=streamed)]
    body = surface.body("My card is 4111111111111111, ticket 34-7", stream=streamed)
    _, reply = await post(served, surface, body)
    text = surface.text(reply, stream=streamed)
    assert text == "Try [CREDIT_CARD] or 4111 1111 1111 1111 for 34-7."
    assert b"5555" not in without_ids(reply)
    assert served.records()[-1]["invented"] == {"CREDIT_CARD": 1}


@every_talking
@streamed_or_not
async def test_T22_a_placeholder_that_the_end_cuts_is_dropped(
    served: Served, upstream: ScriptedUpstream, surface: Surface, streamed: bool
) -> None:
    def cut(seen: ReceivedRequest) -> Script:
        document = seen.json()
        said = document.get("prompt") or document["messages"][-1]["content"]
        return saying(surface, said[:-4], streamed=streamed)

    upstream.scripts = [cut]
    _, reply = await post(served, surface, surface.body(f"I am {PLANTED[1]}", stream=streamed))
    assert surface.text(reply, stream=streamed) == "I am "
    assert served.records()[-1]["unrestored"] == 1


@every_talking
@streamed_or_not
async def test_T56_no_value_is_put_into_an_image_address(
    served: Served, upstream: ScriptedUpstream, surface: Surface, streamed: bool
) -> None:
    def injected(seen: ReceivedRequest) -> Script:
        document = seen.json()
        said = document.get("prompt") or document["messages"][-1]["content"]
        placeholder = said.split()[-1]
        text = f"Hi {placeholder} ![x](https://x.example/?q={placeholder})"
        return saying(surface, text, streamed=streamed)

    upstream.scripts = [injected]
    _, reply = await post(served, surface, surface.body(f"I am {PLANTED[1]}", stream=streamed))
    text = surface.text(reply, stream=streamed)
    assert text.startswith(f"Hi {PLANTED[1]} ![x](https://x.example/?q=[EMAIL_ADDRESS_")


@every_talking
async def test_T19_a_stream_is_not_collected_first(
    served: Served, upstream: ScriptedUpstream, surface: Surface
) -> None:
    script = saying(surface, "plain words only " * 20, streamed=True)
    upstream.scripts = [Script(headers=script.headers, chunks=script.chunks, pause=0.004)]
    async with (
        aiohttp.ClientSession(headers=HEADERS) as session,
        session.post(served.url + surface.path, json=surface.body("talk", stream=True)) as reply,
    ):
        pieces = [piece async for piece, _ in reply.content.iter_chunks()]
    assert len(pieces) > len(script.chunks) / 4


@every_talking
async def test_T21_a_stream_that_breaks_ends_with_an_error_and_nothing_more(
    served: Served, upstream: ScriptedUpstream, surface: Surface
) -> None:
    script = saying(surface, "Hello there, ", streamed=True)
    upstream.scripts = [Script(headers=script.headers, chunks=script.chunks[:-2], cut=True)]
    _, reply = await post(served, surface, surface.body("Hi", stream=True))
    last = reply.strip().splitlines()[-1]
    assert b'"code":"upstream_error"' in last
    for end in (b"[DONE]", b"message_stop", b"response.completed", b'"done":true'):
        assert end not in reply
    assert served.records()[-1]["outcome"] == "failed"


@every_talking
async def test_T21_a_scan_that_breaks_ends_the_stream_with_an_error(
    served: Served, surface: Surface, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("a fault that quotes its input")

    monkeypatch.setattr(respond, "scan_unit", broken)
    _, reply = await post(served, surface, surface.body("mail a@b.example 4111 1", stream=True))
    assert b"internal_error" in reply.strip().splitlines()[-1]
    assert b"a@b.example" not in reply
    assert b"quotes" not in reply


@every_surface
async def test_T28_an_error_is_in_the_words_of_the_dialect(
    served: Served, upstream: ScriptedUpstream, surface: Surface
) -> None:
    status, reply = await post(served, surface, {**surface.body("hi"), "api_base": "http://x"})
    assert status == 400
    assert b"unsupported_field" in reply
    assert b"api_base" in reply
    assert (b'"type":"error"' in reply) == (surface.name == "anthropic-messages")
    assert upstream.requests == []


@every_surface
async def test_T33_T12_no_nested_field_names_a_route(
    served: Served, upstream: ScriptedUpstream, surface: Surface
) -> None:
    body = {**surface.body("hi"), "metadata": {"litellm_embedding_config": {"api_base": "x"}}}
    status, _ = await post(served, surface, body)
    assert status == 400
    assert upstream.requests == []


@every_talking
async def test_T14_a_fallback_is_masked_anew(
    upstream: ScriptedUpstream, tmp_path: Path, surface: Surface
) -> None:
    upstream.scripts = [Script(status=503), echo]
    more = {"second": deployment(upstream.base_url)}
    async with serving(tmp_path, base_url=upstream.base_url, more_deployments=more) as served:
        status, reply = await post(served, surface, surface.body(TEXT))
    assert status == 200
    assert surface.text(reply, stream=False) == TEXT
    assert leaked_values(upstream.received, PLANTED) == []


@streamed_or_not
@pytest.mark.parametrize(
    ("path", "shown"),
    [("/v1/messages", b"thinking"), ("/api/chat", b"thinking"), ("/v1/responses", b"reasoning")],
)
async def test_T53_inline_reasoning_has_its_place(
    served: Served, upstream: ScriptedUpstream, path: str, shown: bytes, streamed: bool
) -> None:
    surface = next(s for s in TALKING if s.path == path)
    said = "<think>They said hm</think>Fine."
    upstream.scripts = [saying(surface, said, streamed=streamed)]
    _, reply = await post(served, surface, surface.body("hi", stream=streamed))
    assert surface.text(reply, stream=streamed) == "Fine."
    assert shown in reply
    assert b"<think>" not in reply


@streamed_or_not
async def test_reasoning_given_under_two_names_is_shown_once(
    served: Served, upstream: ScriptedUpstream, streamed: bool
) -> None:
    surface = next(s for s in TALKING if s.path == "/v1/messages")
    thought = {"reasoning": "hm", "reasoning_content": "hm"}
    upstream.scripts = [
        stream(thought, chunk({"content": "ok"}))
        if streamed
        else completion({"content": "ok", **thought})
    ]
    _, reply = await post(served, surface, surface.body("hi", stream=streamed))
    assert reply.count(b'"hm"') == 1
