"""The harvest guard through whole gateways: who asks too many different things sees no more reasoning."""

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import openai
import orjson
import pytest

from gateway.audit.search import facts as recorded
from gateway.policy.compile.build import build
from gateway.policy.decide.embedded import EmbeddedEngine
from tests.parts.gateways import KEY, Served, serving
from tests.parts.opa import ROOT
from tests.parts.redis import RedisServer
from tests.parts.scripted import ReceivedRequest, Script, ScriptedUpstream, completion, stream

OTHER = "sk-sekisho-test-fedcba9876543210"
LIMIT = 4
PLACE = {"deployments": ["r1-a"]}
GUARDED = {"deepseek-r1": {**PLACE, "harvest": {"prompts": LIMIT}}, "open": PLACE}
KEYS = [
    {"id": name, "key_env": env, "tenant": "acme", "app": "billing"}
    for name, env in (("billing", "SEKISHO_TEST_KEY"), ("other", "SEKISHO_OTHER_KEY"))
]


def thinking(seen: ReceivedRequest) -> Script:
    said = {"reasoning_content": "step by step", "content": "4"}
    return stream(said) if seen.json().get("stream") else completion(said)


@pytest.fixture
async def upstream() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream(thinking) as running:
        yield running


async def reasoning(served: Served, text: str, *, key: str = KEY, **more: Any) -> str:
    """What the caller sees of the model's reasoning."""
    asked: Any = {"model": "deepseek-r1", "messages": [{"role": "user", "content": text}], **more}
    async with served.client(api_key=key) as client:
        if not more.get("stream"):
            reply = await client.chat.completions.create(**asked)
            assert reply.choices[0].message.content == "4"
            return (reply.choices[0].message.model_extra or {}).get("reasoning_content") or ""
        shown = ""
        async with await client.chat.completions.create(**asked) as chunks:
            async for chunk in chunks:
                for choice in chunk.choices:
                    shown += (choice.delta.model_extra or {}).get("reasoning_content") or ""
        return shown


async def test_reasoning_is_dropped_for_a_key_that_asks_too_many_different_things(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    async with serving(
        tmp_path,
        base_url=upstream.base_url,
        models=GUARDED,
        identity={"keys": KEYS},
        environ={"SEKISHO_OTHER_KEY": OTHER},
    ) as served:
        for _ in range(2):  # repeats do not count
            for number in range(LIMIT):
                assert await reasoning(served, f"What is {number}?") == "step by step"
        assert await reasoning(served, "What is 0?", temperature=0.9, stream=True)
        assert await reasoning(served, "One too many") == ""
        assert await reasoning(served, "What is 0?", stream=True) == ""
        assert await reasoning(served, "What is 0?", key=OTHER) == "step by step"
        assert await reasoning(served, "What is 0?", model="open") == "step by step"
        metrics = served.gateway.metrics.render().decode()
    assert 'sekisho_harvest_over_total{model="deepseek-r1"} 2.0' in metrics


async def test_where_the_row_says_so_the_call_is_refused_and_the_record_can_be_decided_again(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    policies = tmp_path / "policies"
    shutil.copytree(ROOT / "policies", policies)
    rows = policies / "data/apps.yaml"
    rows.write_text(rows.read_text().replace("when_harvesting: drop", "when_harvesting: deny"))
    async with serving(
        tmp_path, base_url=upstream.base_url, models=GUARDED, policy={"path": str(policies)}
    ) as served:
        for number in range(LIMIT):
            assert await reasoning(served, f"What is {number}?")
        with pytest.raises(openai.PermissionDeniedError) as caught:
            await reasoning(served, "One too many")
        refusal = served.records()[-1]
    assert caught.value.code == "policy_denied"
    assert list(refusal["reasons"]) == ["harvest"]
    assert len(upstream.requests) == LIMIT
    document = recorded(served.store, refusal["facts_hash"])
    assert document["candidates"][0]["harvest"] == "over"
    answer = await EmbeddedEngine(build(policies)).evaluate(orjson.dumps(document))
    assert answer["candidates"]["r1-a"]["reasons"] == ["harvest"]
    assert "One too many" not in str(document)


async def test_replicas_share_the_count_and_the_store_learns_no_prompt(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    async with RedisServer(tmp_path) as redis, AsyncExitStack() as stack:
        served: list[Served] = []
        for name in ("a", "b", "c"):
            (tmp_path / name).mkdir()
            shared = {"url": redis.url}
            if served:
                shutil.copy(served[0].folder / "ring.json", tmp_path / name)
            gateway = serving(
                tmp_path / name, base_url=upstream.base_url, models=GUARDED, state=shared
            )
            served.append(await stack.enter_async_context(gateway))
        for number in range(LIMIT):
            for one in served:
                assert await reasoning(one, f"Ask hunter{number}") == "step by step"
        assert await reasoning(served[1], "Ask hunter9") == ""
        assert [await reasoning(one, "Ask hunter0") for one in served] == ["", "", ""]
        dump = redis.dump()
    assert b":distinct:harvest:deepseek-r1:billing" in dump
    assert b"hunter" not in dump


async def test_without_the_store_a_share_is_shown_and_then_nothing(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    async with RedisServer(tmp_path) as redis:
        state = {"url": redis.url, "timeout_ms": 200, "grace_seconds": 2, "grace_share": 0.5}
        async with serving(
            tmp_path, base_url=upstream.base_url, models=GUARDED, state=state
        ) as served:
            await redis.kill()
            shown = [await reasoning(served, f"What is {number}?") for number in range(4)]
            assert shown == ["step by step", "step by step", "", ""]
            served.gateway.counters._clock = lambda: 1e9  # the grace has passed
            assert await reasoning(served, "What is 0?") == ""
            assert served.records()[-1]["outcome"] == "served"
