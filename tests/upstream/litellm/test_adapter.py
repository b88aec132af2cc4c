"""Each enabled family over the guarded connector: recorded shapes, faults, and what leaves."""

from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.app import wire_check
from gateway.errors import (
    ContextTooLong,
    RedactionFailed,
    UpstreamError,
    UpstreamFailed,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamTimeout,
)
from gateway.policy.decide.permit import Cleared, clear
from gateway.settings.deployments import DeploymentSettings
from gateway.types import (
    Event,
    Finish,
    Form,
    MaskedCall,
    ReasoningDelta,
    TextDelta,
    ToolDelta,
    UsageEvent,
    Vault,
)
from gateway.upstream.http import HttpUpstream
from gateway.upstream.litellm.adapter import LitellmAdapter
from tests.parts import configuration, samples
from tests.parts.scripted import Script, ScriptedUpstream
from tests.parts.vendors import BEDROCK, VENDORS, Vendor, aws, converse_stream, needs_litellm
from tests.redact.samples import vault

pytestmark = needs_litellm
TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
every_vendor = pytest.mark.parametrize("vendor", VENDORS, ids=[v.family for v in VENDORS])
both_ways = pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])


def cleared(
    vendor: Vendor,
    *,
    streamed: bool,
    kept: Vault | None = None,
    form: Form = "chat.completions",
    **more: Any,
) -> Cleared:
    messages: list[Any] = [
        {"role": "system", "content": "Be brief"},
        {"role": "user", "content": "The weather in Tokyo?"},
    ]
    call = MaskedCall(
        dialect="openai",
        operation="chat.completions",
        model="m",
        stream=streamed,
        document={},
        neutral={"messages": messages, "max_tokens": 50, "user": "u-1", **more},
        form=form,
        redactions={},
    )
    place = replace(samples.deployment(), model=vendor.model)
    decision = samples.decision({"r1-a": True})
    return clear(call=call, vault=kept or vault(), decision=decision, deployment=place)


async def events(
    vendor: Vendor, permission: Cleared, script: Script, folder: Path, **place: Any
) -> tuple[list[Event], ScriptedUpstream]:
    """What a deployment of this family gives when the vendor plays the script."""
    key = folder / "key"
    key.write_text(vendor.key)
    got: list[Event] = []
    async with ScriptedUpstream(script) as server:
        configured = configuration.deployment(
            server.base_url,
            kind="litellm",
            family=vendor.family,
            api_key_file=str(key),
            **{**place, "model": vendor.model},
        )
        settings = DeploymentSettings.model_validate(configured)
        upstream = HttpUpstream(
            "r1-a",
            settings,
            LitellmAdapter(settings),
            wire_check=wire_check,
            host_refusal=lambda _: None,
        )
        await upstream.start()
        try:
            async with aclosing(upstream.send(permission)) as reply:
                async for batch in reply:
                    got += batch
        except UpstreamError as error:
            error.add_note(f"requests: {len(server.requests)}")
            raise
        finally:
            await upstream.close()
    return got, server


def text_of(got: list[Event], kind: type[Any]) -> str:
    return "".join(event.text for event in got if isinstance(event, kind))


@every_vendor
@both_ways
async def test_a_recorded_reply_becomes_the_neutral_events(
    vendor: Vendor, streamed: bool, tmp_path: Path
) -> None:
    permission = cleared(vendor, streamed=streamed, tools=[TOOL])
    script = vendor.streamed if streamed else vendor.whole
    got, server = await events(vendor, permission, script, tmp_path)
    assert text_of(got, TextDelta) == "Hello"
    assert text_of(got, ReasoningDelta) == ("hm" if vendor.thinks else "")
    assert text_of(got, ToolDelta).replace(" ", "") == '{"city":"Tokyo"}'
    assert [e.name for e in got if isinstance(e, ToolDelta) and e.name] == ["weather"]
    assert [e.reason for e in got if isinstance(e, Finish)] == ["tool_calls"]
    assert [(e.input_tokens, e.output_tokens) for e in got if isinstance(e, UsageEvent)] == [(3, 5)]
    assert isinstance(got[-1], UsageEvent)
    (seen,) = server.requests
    path = vendor.stream_path if streamed else vendor.path
    assert seen.line == f"POST {path} HTTP/1.1"
    assert dict(seen.headers)[vendor.key_header].removeprefix("Bearer ") == vendor.key
    assert b"u-1" not in seen.body
    assert b"weather" in seen.body


@every_vendor
async def test_any_split_of_a_stream_gives_the_same(vendor: Vendor, tmp_path: Path) -> None:
    whole = b"".join(vendor.streamed.chunks)
    pieces = tuple(whole[i : i + 37] for i in range(0, len(whole), 37))
    split = replace(vendor.streamed, chunks=pieces)
    got, _ = await events(vendor, cleared(vendor, streamed=True), split, tmp_path)
    assert (text_of(got, TextDelta), text_of(got, ToolDelta).replace(" ", "")) == (
        "Hello",
        '{"city":"Tokyo"}',
    )


FAULTS = [
    (Script(status=429, headers={"retry-after": "7"}), UpstreamRateLimited, True),
    (Script(status=500), UpstreamFailed, True),
    (Script(status=503), UpstreamFailed, True),
    (Script(reset=True), UpstreamFailed, True),
    (Script(silence=True), UpstreamTimeout, True),
    (Script(chunks=(b"{not json",)), UpstreamFailed, True),
    (
        Script(chunks=(b'{"error": {"type": "overloaded_error", "message": "x"}}',)),
        UpstreamFailed,
        True,
    ),
    (
        Script(status=400, chunks=(b'{"error": {"message": "prompt is too long: 9 > 8"}}',)),
        ContextTooLong,
        False,
    ),
    (Script(status=400, chunks=(b'{"error": {"message": "bad PLANTED"}}',)), UpstreamRejected, False),
    (Script(status=307, headers={"location": "http://127.0.0.1:1/"}), UpstreamFailed, False),
]  # fmt: skip


@every_vendor
@pytest.mark.parametrize(("script", "kind", "fallback"), FAULTS)
async def test_faults_are_those_of_the_direct_door(
    vendor: Vendor, script: Script, kind: type[UpstreamError], fallback: bool, tmp_path: Path
) -> None:
    with pytest.raises(kind) as caught:
        await events(
            vendor,
            cleared(vendor, streamed=False),
            script,
            tmp_path,
            timeouts={"whole_reply": 0.3},
        )
    assert caught.value.fallback is fallback
    assert "PLANTED" not in str(caught.value)
    assert caught.value.__notes__ == ["requests: 1"]
    if isinstance(caught.value, UpstreamRateLimited):
        assert caught.value.retry_after == 7


@every_vendor
async def test_a_stream_that_is_cut_is_no_reply(vendor: Vendor, tmp_path: Path) -> None:
    cut = replace(vendor.streamed, chunks=vendor.streamed.chunks[:-3], cut=True)
    with pytest.raises(UpstreamFailed) as caught:
        await events(vendor, cleared(vendor, streamed=True), cut, tmp_path)
    assert not caught.value.fallback


async def test_an_exception_within_bedrocks_stream_is_its_fault(tmp_path: Path) -> None:
    throttled = converse_stream(
        aws("throttlingException", {"message": "PLANTED"}, message="exception")
    )
    with pytest.raises(UpstreamRateLimited):
        await events(BEDROCK, cleared(BEDROCK, streamed=True), throttled, tmp_path)
    broken = bytearray(aws("messageStart", {"role": "assistant"}))
    broken[-1] ^= 1
    script = converse_stream(bytes(broken))
    with pytest.raises(UpstreamFailed):
        await events(BEDROCK, cleared(BEDROCK, streamed=True), script, tmp_path)


@every_vendor
async def test_the_wire_is_checked_after_translation(vendor: Vendor, tmp_path: Path) -> None:
    kept = vault()
    kept.put("LOCATION", "Tokyo")
    permission = cleared(vendor, streamed=False, kept=kept)
    with pytest.raises(RedactionFailed):
        await events(vendor, permission, vendor.whole, tmp_path)


@every_vendor
async def test_what_the_vendors_api_can_not_express_is_refused(
    vendor: Vendor, tmp_path: Path
) -> None:
    permission = cleared(vendor, streamed=False, min_p=0.1)
    with pytest.raises(UpstreamRejected, match="min_p"):
        await events(vendor, permission, vendor.whole, tmp_path)
    permission = cleared(vendor, streamed=False, form="embeddings")
    with pytest.raises(UpstreamRejected, match="only chat"):
        await events(vendor, permission, vendor.whole, tmp_path)
