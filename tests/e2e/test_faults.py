"""A part that fails refuses service with a clear error, leaks nothing, and service is back with the part."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openai
import pytest

from gateway import pipeline as pipeline_module
from gateway.demo.leaks import leaked_values
from gateway.detect.workers.inprocess import InProcessDetector
from gateway.redact.mask import Masking, mask
from tests.parts import engines, gateways
from tests.parts.gateways import Served, serving
from tests.parts.opa import OpaServer
from tests.parts.processes import workers
from tests.parts.scripted import ScriptedUpstream, completion, stream

TEXT = "Write to kenji.tanaka@example.co.jp today"
PLANTED = ("kenji.tanaka@example.co.jp",)


@pytest.fixture
async def upstream() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream(completion({"content": "ok"})) as running:
        yield running


async def ask(served: Served, **more: Any) -> Any:
    async with served.client() as client:
        return await client.chat.completions.create(
            model="deepseek-r1", messages=[{"role": "user", "content": TEXT}], **more
        )


async def refused(served: Served) -> str | None:
    with pytest.raises(openai.APIStatusError) as caught:
        await ask(served)
    assert caught.value.status_code == 503
    assert "x-should-retry" not in caught.value.response.headers
    return caught.value.code


async def test_T01_a_killed_detector_refuses_and_comes_back(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    async with serving(
        tmp_path, base_url=upstream.base_url, own_detector=True, detect={"processes": 1}
    ) as served:
        await ask(served)
        before = len(upstream.requests)
        (child,) = workers()
        child.send_signal(signal.SIGSTOP)  # so that the request below meets it alive
        async with served.client() as client:
            asked = asyncio.ensure_future(
                client.chat.completions.create(
                    model="deepseek-r1",
                    messages=[{"role": "user", "content": "Another text for aiko@corp.example"}],
                )
            )
            await asyncio.sleep(0.2)
            child.kill()
            with pytest.raises(openai.InternalServerError) as caught:
                await asked
        assert caught.value.code == "detector_unavailable"
        assert len(upstream.requests) == before
        async with asyncio.timeout(30):
            while not await served.gateway.ready():
                await asyncio.sleep(0.1)
        await ask(served)
    assert leaked_values(upstream.received, PLANTED) == []


async def test_T48_a_hung_detector_refuses_within_the_deadline(
    upstream: ScriptedUpstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = InProcessDetector(("en",), engine="tests.parts.engines:slow")
    monkeypatch.setattr(gateways, "detector", lambda: slow)
    async with serving(tmp_path, base_url=upstream.base_url, detect={"deadline_ms": 200}) as served:
        async with asyncio.timeout(10):
            assert await refused(served) == "detector_unavailable"
        assert served.records()[-1]["code"] == "detector_unavailable"
        await asyncio.sleep(engines.SLOW_SECONDS)  # its thread can't be ended, only outwaited
    assert upstream.requests == []


async def test_T01_a_detector_that_raises_refuses(
    upstream: ScriptedUpstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = InProcessDetector(("en",), engine="tests.parts.engines:broken")
    monkeypatch.setattr(gateways, "detector", lambda: broken)
    async with serving(tmp_path, base_url=upstream.base_url) as served:
        assert await refused(served) == "detector_unavailable"
    assert upstream.requests == []


async def test_opa_killed_refuses_and_comes_back(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    bundle = gateways.bundle(tmp_path)
    async with OpaServer(bundle) as opa:
        policy = {"path": str(bundle), "engine": "opa", "opa": {"url": opa.url, "timeout_ms": 2000}}
        async with serving(tmp_path, base_url=upstream.base_url, policy=policy) as served:
            await opa.kill()
            assert await refused(served) == "policy_unavailable"
            assert not await served.gateway.ready()
            assert upstream.requests == []
            await opa.start()
            assert await served.gateway.ready()
            await ask(served)
    assert leaked_values(upstream.received, PLANTED) == []


async def test_an_unwritable_audit_store_refuses_and_comes_back(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    async with serving(tmp_path, base_url=upstream.base_url) as served:
        await ask(served)
        sent = len(upstream.requests)
        with gateways.locked_store(served):
            assert await refused(served) == "audit_unavailable"
            assert len(upstream.requests) == sent
        async with asyncio.timeout(20):
            while not await served.gateway.audit.ready():
                await asyncio.sleep(0.1)
        await ask(served)
        assert [r["kind"] for r in served.records()][-2:] == ["attempt", "outcome"]


async def test_the_wire_check_turns_a_broken_masker_into_a_refusal(
    upstream: ScriptedUpstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = mask

    def forgetful(*args: Any, **kwargs: Any) -> Masking:
        masking = real(*args, **kwargs)
        return Masking(replacements={}, redactions=masking.redactions)

    monkeypatch.setattr(pipeline_module, "mask", forgetful)
    async with serving(tmp_path, base_url=upstream.base_url) as served:
        with pytest.raises(openai.InternalServerError) as caught:
            await ask(served)
        assert (caught.value.status_code, caught.value.code) == (500, "redaction_failed")
        assert served.records()[-1]["outcome"] == "failed"
    assert upstream.requests == []


async def test_T49_a_client_that_leaves_frees_the_upstream_and_is_recorded(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    upstream.scripts = [stream(*[{"content": "word "}] * 200, pause=0.02)]
    async with serving(tmp_path, base_url=upstream.base_url) as served:
        async with served.client() as client:
            reply = await client.chat.completions.create(
                model="deepseek-r1", messages=[{"role": "user", "content": TEXT}], stream=True
            )
            async for _ in reply:
                break
            await reply.close()
        async with asyncio.timeout(5):
            while not upstream.dropped or served.records()[-1]["outcome"] != "disconnected":
                await asyncio.sleep(0.05)


async def test_an_unexpected_fault_denies_and_tells_nothing(
    upstream: ScriptedUpstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(*_: Any, **__: Any) -> Masking:
        raise RuntimeError(f"fault with {TEXT}")

    monkeypatch.setattr(pipeline_module, "mask", faulty)
    async with serving(tmp_path, base_url=upstream.base_url) as served:
        with pytest.raises(openai.InternalServerError) as caught:
            await ask(served)
    assert caught.value.code == "internal_error"
    assert leaked_values(caught.value.response.content, PLANTED) == []
    assert upstream.requests == []
