"""Sending to an OpenAI-compatible server, and every way in which it may fail."""

import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from gateway.app import wire_check
from gateway.errors import (
    AddressRefused,
    RedactionFailed,
    UpstreamError,
    UpstreamFailed,
    UpstreamTimeout,
)
from gateway.policy.decide.permit import Cleared, clear
from gateway.settings.deployments import DeploymentSettings, Probe
from gateway.types import Event, MaskedCall, TextDelta, Vault
from gateway.upstream.http import HttpUpstream
from gateway.upstream.protocol.openai import OpenAIAdapter
from tests.parts import configuration, samples
from tests.parts.scripted import Script, ScriptedUpstream, chunk, completion, stream
from tests.redact.samples import vault

NO_REPLY = {"content-type": "application/json"}
HEAD = {"content-type": "text/event-stream"}


@pytest.fixture
async def server() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream(completion({"content": "Hello"})) as running:
        yield running


def cleared(*, streamed: bool = False, text: str = "Hi", kept: Vault | None = None) -> Cleared:
    call = MaskedCall(
        dialect="openai",
        operation="chat.completions",
        model="deepseek-r1",
        stream=streamed,
        document={},
        neutral={"messages": [{"role": "user", "content": text}], "stream": streamed},
        redactions={},
    )
    return clear(
        call=call,
        vault=kept or vault(),
        decision=samples.decision({"r1-a": True}),
        deployment=samples.deployment(),
    )


async def events(
    server: ScriptedUpstream, permission: Cleared | None = None, **settings: Any
) -> list[Event]:
    """What one upstream gives for a cleared call."""
    document = configuration.deployment(server.base_url, **settings)
    place = DeploymentSettings.model_validate(document)
    upstream = HttpUpstream(
        "r1-a",
        place,
        OpenAIAdapter(place, lambda _: None),
        wire_check=wire_check,
        host_refusal=lambda _: None,
    )
    await upstream.start()
    try:
        async with aclosing(upstream.send(permission or cleared())) as reply:
            return [event async for batch in reply for event in batch]
    finally:
        await upstream.close()


async def probed(server: ScriptedUpstream, *, timeout: float = 5, **settings: Any) -> str:  # noqa: ASYNC109  # Probe names it
    document = configuration.deployment(server.base_url, **settings)
    place = DeploymentSettings.model_validate(document)
    upstream = HttpUpstream(
        "r1-a",
        place,
        OpenAIAdapter(place, lambda _: None),
        wire_check=wire_check,
        host_refusal=lambda _: None,
    )
    await upstream.start()
    try:
        return await upstream.probe(Probe(timeout=timeout))
    finally:
        await upstream.close()


async def failure(
    server: ScriptedUpstream, script: Script, *, streamed: bool = False, **settings: Any
) -> UpstreamError:
    server.scripts = [script]
    with pytest.raises(UpstreamError) as caught:
        await events(server, cleared(streamed=streamed), **settings)
    return caught.value


async def test_a_whole_reply(server: ScriptedUpstream, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("sk-upstream")
    received = await events(server, api_key_file=str(key), model="served-name")
    assert TextDelta(choice=0, text="Hello") in received
    (seen,) = server.requests
    assert seen.line == "POST /v1/chat/completions HTTP/1.1"
    assert seen.json()["model"] == "deepseek-r1"
    headers = dict(seen.headers)
    assert headers["authorization"] == "Bearer sk-upstream"
    assert headers["accept-encoding"] == "identity"
    assert set(headers) == {
        "host", "content-type", "accept", "accept-encoding", "user-agent", "authorization",
        "content-length",
    }  # fmt: skip


async def test_a_streamed_reply(server: ScriptedUpstream) -> None:
    server.scripts = [stream({"content": "Hel"}, {"content": "lo"})]
    received = await events(server, cleared(streamed=True))
    assert [e.text for e in received if isinstance(e, TextDelta)] == ["Hel", "lo"]
    assert server.requests[0].json()["stream_options"] == {"include_usage": True}


async def test_a_router_gets_the_providers_it_may_use(server: ScriptedUpstream) -> None:
    await events(server, providers=["together"])
    preferences = server.requests[0].json()["provider"]
    assert (preferences["only"], preferences["allow_fallbacks"]) == (["together"], False)
    await events(server)
    assert "provider" not in server.requests[1].json()


async def test_T01_the_wire_check_comes_before_any_byte(server: ScriptedUpstream) -> None:
    kept = vault()
    kept.put("PERSON", "Kenji Tanaka")
    with pytest.raises(RedactionFailed):
        await events(server, cleared(text="I am Kenji Tanaka", kept=kept))
    assert server.connections == 0


@pytest.mark.parametrize(
    ("status", "elsewhere"),
    [
        (400, False),
        (401, True),
        (403, False),
        (404, True),
        (422, False),
        (429, True),
        (500, True),
        (503, True),
        (200, True),
    ],
)
async def test_a_status_says_whether_another_deployment_may_be_tried(
    server: ScriptedUpstream, status: int, elsewhere: bool
) -> None:
    body = b'{"error": {"message": "quoting Kenji Tanaka"}}'
    error = await failure(server, Script(status=status, chunks=(body,)))
    assert error.fallback is elsewhere
    assert "Kenji" not in error.message


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_T35_a_redirect_is_not_followed(server: ScriptedUpstream, status: int) -> None:
    async with ScriptedUpstream(completion({"content": "stolen"})) as thief:
        headers = {"location": f"{thief.base_url}/chat/completions"}
        error = await failure(server, Script(status=status, headers=headers))
    assert not error.fallback
    assert thief.connections == 0


@pytest.mark.parametrize(
    "script",
    [
        Script(headers={"content-type": "text/html"}, chunks=(b"<html>",)),
        Script(headers={**NO_REPLY, "content-encoding": "gzip"}, chunks=(b"\x1f\x8b",)),
        Script(chunks=(b'{"choices": "none"}',)),
        Script(chunks=(b'{"choices": [',)),
        Script(chunks=(b'{"choices": [',), cut=True),
    ],
    ids=["html", "compressed", "no reply", "not JSON", "cut"],
)
async def test_a_whole_reply_that_is_none(server: ScriptedUpstream, script: Script) -> None:
    error = await failure(server, script)
    assert isinstance(error, UpstreamFailed)
    assert error.fallback


@pytest.mark.parametrize(
    ("chunks", "begun"),
    [
        ((), False),
        ((b": comment\n\n",), False),
        ((b"data: {broken\n\n",), False),
        ((b"data: x" * 200_000,), False),
        ((chunk({"content": "Hel"}),), True),
        ((chunk({"content": "Hel"}), b"data: {broken\n\n"), True),
        ((chunk({"content": "Hel"}), b'data: {"error": {"message": "no"}}\n\n'), True),
    ],
    ids=["nothing", "comment", "malformed", "huge", "cut later", "malformed later", "error later"],
)
async def test_a_stream_that_breaks_is_tried_elsewhere_only_before_its_first_event(
    server: ScriptedUpstream, chunks: tuple[bytes, ...], begun: bool
) -> None:
    error = await failure(server, Script(headers=HEAD, chunks=chunks), streamed=True)
    assert isinstance(error, UpstreamFailed)
    assert error.fallback is not begun


async def test_a_missing_done_after_every_choice_has_ended_is_no_fault(
    server: ScriptedUpstream,
) -> None:
    server.scripts = [Script(headers=HEAD, chunks=(chunk({"content": "Hi"}, finish="stop"),))]
    assert TextDelta(choice=0, text="Hi") in await events(server, cleared(streamed=True))


async def test_silence_is_a_timeout(server: ScriptedUpstream) -> None:
    for streamed in (True, False):
        quick = {"first_event": 0.1, "whole_reply": 0.1}
        error = await failure(server, Script(silence=True), streamed=streamed, timeouts=quick)
        assert isinstance(error, UpstreamTimeout)
        assert error.fallback


async def test_a_first_event_has_one_deadline_headers_included(server: ScriptedUpstream) -> None:
    slow = stream({"content": "Hel"}, pause=1.0)
    began = time.monotonic()
    error = await failure(server, slow, streamed=True, timeouts={"first_event": 0.3})
    assert isinstance(error, UpstreamTimeout)
    assert error.fallback
    assert time.monotonic() - began < 0.9  # headers came at once: they do not start it anew


async def test_a_whole_reply_may_take_longer_than_a_first_event(server: ScriptedUpstream) -> None:
    server.scripts = [Script(chunks=completion({"content": "slow"}).chunks, pause=0.3)]
    assert await events(server, timeouts={"first_event": 0.1, "whole_reply": 5})


async def test_a_probe_asks_over_the_same_session(server: ScriptedUpstream) -> None:
    server.scripts = [Script(), Script(chunks=(b'{"data": [{"id": "deepseek-r1"}]}',))]
    assert await probed(server) == ""
    assert [seen.line.split()[:2] for seen in server.requests] == [
        ["GET", "/health"],
        ["GET", "/v1/models"],
    ]
    await server.__aexit__()
    assert await probed(server) == "ClientConnectorError"


async def test_a_probe_of_a_silent_server_ends(server: ScriptedUpstream) -> None:
    server.scripts = [Script(silence=True)]
    assert await probed(server, timeout=0.1) == "timeout"
    server.scripts = [Script()]
    assert await probed(server, zone="public-cloud") == "AddressRefused"


async def test_a_stream_that_stalls_is_a_timeout(server: ScriptedUpstream) -> None:
    stalls = stream(*[{"content": "Hel"}] * 3, pause=0.4, done=False)
    error = await failure(
        server, stalls, streamed=True, timeouts={"first_event": 5, "between_events": 0.1}
    )
    assert isinstance(error, UpstreamTimeout)
    assert not error.fallback


async def test_a_refused_connection_may_be_tried_elsewhere(server: ScriptedUpstream) -> None:
    await server.__aexit__()
    with pytest.raises(UpstreamFailed, match="could not be reached") as caught:
        await events(server)
    assert caught.value.fallback
    assert caught.value.cause == "connection_refused"


async def test_B43_a_failed_connection_has_its_cause(server: ScriptedUpstream) -> None:
    reset = await failure(server, Script(reset=True))
    assert (reset.status, reset.cause) == (502, "connection_reset")
    cut = await failure(server, Script(headers=HEAD, chunks=(b"data: ",), cut=True), streamed=True)
    assert (cut.status, cut.cause) == (502, "connection_closed")
    late = await failure(server, Script(silence=True), timeouts={"whole_reply": 0.1})
    assert (late.status, late.cause) == (504, "read_timeout")
    server.base_url = server.base_url.replace("http:", "https:")
    # The server waits for a request, and the client for the server's part of TLS.
    plain = await failure(server, Script(), timeouts={"connect": 0.2})
    assert (plain.status, plain.cause) == (504, "connect_timeout")
    server.base_url = "http://r1.invalid/v1"  # RFC 6761, 6.4: never resolves
    unknown = await failure(server, Script())
    assert unknown.cause in ("name_not_resolved", "name_timeout")
    assert "invalid" not in unknown.message


async def test_an_address_that_is_refused_is_not_tried_elsewhere(server: ScriptedUpstream) -> None:
    with pytest.raises(AddressRefused) as caught:
        await events(server, zone="public-cloud")
    assert (caught.value.status, caught.value.fallback) == (403, False)
    assert server.connections == 0
