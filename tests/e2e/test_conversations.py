"""Responses that go on from earlier ones, with the real SDK: over one process, over replicas, over a store that fails."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import openai
import pytest
import yaml

from gateway.demo.leaks import leaked_values
from gateway.policy.compile.build import build
from tests.parts.echoes import echo, says
from tests.parts.gateways import KEY, Served, serving
from tests.parts.opa import ROOT
from tests.parts.redis import RedisServer
from tests.parts.scripted import Script, ScriptedUpstream, completion

MODEL = "deepseek-r1"
OTHER = "sk-sekisho-test-fedcba9876543210"
STRANGER = "sk-sekisho-test-aaaa456789abcdef"
PLANTED = ("kenji.tanaka@example.co.jp", "4111 1111 1111 1111")
FIRST = f"I am {PLANTED[0]}, card {PLANTED[1]}."
PEOPLE: dict[str, Any] = {
    "identity": {
        "keys": [
            {"id": "billing", "key_env": "SEKISHO_TEST_KEY", "tenant": "acme", "app": "billing"},
            {"id": "other", "key_env": "OTHER", "tenant": "acme", "app": "billing"},
            {"id": "stranger", "key_env": "STRANGER", "tenant": "globex", "app": "billing"},
        ]
    },
    "environ": {"OTHER": OTHER, "STRANGER": STRANGER},
}
streamed_or_not = pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])


@pytest.fixture
async def upstream() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream(echo) as running:
        yield running


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[RedisServer]:
    async with RedisServer(tmp_path) as running:
        yield running


async def ask(
    served: Served, said: Any, *, key: str = KEY, streamed: bool = False, **more: Any
) -> Any:
    async with served.client(api_key=key) as client:
        if not streamed:
            return await client.responses.create(model=MODEL, input=said, **more)
        async with client.responses.stream(model=MODEL, input=said, **more) as events:
            started = await anext(aiter(events))
            async for _ in events:
                pass
            last = await events.get_final_response()
        assert started.type == "response.created"
        assert started.response.id == last.id
        return last


def sent(upstream: ScriptedUpstream) -> list[list[tuple[str, str]]]:
    """Role and text of each message, of each request that was sent."""
    return [
        [(message["role"], message["content"]) for message in seen.json()["messages"]]
        for seen in upstream.requests
    ]


@streamed_or_not
async def test_a_response_goes_on_from_the_one_before(
    upstream: ScriptedUpstream, tmp_path: Path, streamed: bool
) -> None:
    async with serving(tmp_path, base_url=upstream.base_url) as served:
        first = await ask(served, FIRST, streamed=streamed, instructions="Be kind.")
        second = await ask(
            served, f"Write {PLANTED[0]}", streamed=streamed, previous_response_id=first.id
        )
        third = await ask(served, "And now?", streamed=streamed, previous_response_id=second.id)
        records = served.records()
    assert (first.output_text, second.output_text) == (FIRST, f"Write {PLANTED[0]}")
    assert (first.previous_response_id, second.previous_response_id) == (None, first.id)
    assert (first.store, second.store, third.store) == (True, True, True)
    one, two, three = sent(upstream)
    assert one[0] == ("system", "Be kind.")  # instructions are of one request
    assert [role for role, _ in three] == ["user", "assistant", "user", "assistant", "user"]
    assert two == [one[1], ("assistant", one[1][1]), two[2]]
    assert three[:3] == two
    placeholder = one[1][1].split()[2].rstrip(",")
    assert placeholder.startswith("[EMAIL_ADDRESS_")
    assert two[2] == ("user", f"Write {placeholder}")
    assert leaked_values(upstream.received, PLANTED) == []
    assert all("store" not in seen.json() for seen in upstream.requests)
    assert [row["target"] for row in records if row["kind"] == "outcome"] == [
        first.id,
        second.id,
        third.id,
    ]


async def test_tools_are_answered_without_sending_the_call_again(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "send", "arguments": "{}"}}
    upstream.scripts = [
        completion({"content": None, "tool_calls": [call]}, finish="tool_calls"),
        echo,
    ]
    tools = [
        {"type": "function", "name": "send", "parameters": {"type": "object"}, "strict": False}
    ]
    async with serving(tmp_path, base_url=upstream.base_url) as served:
        first = await ask(served, "Send it", tools=tools)
        assert first.output[-1].call_id == "call_1"
        answer = {"type": "function_call_output", "call_id": "call_1", "output": f"to {PLANTED[0]}"}
        second = await ask(served, [answer], tools=tools, previous_response_id=first.id)
    assert second.output_text == f"to {PLANTED[0]}"
    messages = upstream.requests[1].json()["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant", "tool"]
    assert messages[1]["tool_calls"][0]["id"] == messages[2]["tool_call_id"] == "call_1"


async def test_kept_replies_are_given_out_again_and_deleted(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    async with serving(tmp_path, base_url=upstream.base_url) as served, served.client() as client:
        first = await ask(served, FIRST)
        again = await client.responses.retrieve(first.id)
        assert again.to_dict() == first.to_dict()
        await client.responses.delete(first.id)
        for gone in (client.responses.retrieve, client.responses.delete):
            with pytest.raises(openai.NotFoundError) as caught:
                await gone(first.id)
            assert caught.value.code == "not_found"
        records = served.records()[2:]
        assert (await client.get("/models", cast_to=object)) is not None
    acts = [(row["kind"], row["operation"], row["outcome"], row["target"]) for row in records]
    assert acts == [
        ("outcome", "responses.retrieve", "served", first.id),
        ("outcome", "responses.delete", "served", first.id),
        ("refusal", "responses.retrieve", "denied", ""),
        ("refusal", "responses.delete", "denied", ""),
    ]


@pytest.mark.parametrize("key", [OTHER, STRANGER], ids=["another key", "another tenant"])
async def test_nobody_else_reaches_a_reply(
    upstream: ScriptedUpstream, redis: RedisServer, tmp_path: Path, key: str
) -> None:
    async with serving(
        tmp_path, base_url=upstream.base_url, state={"url": redis.url}, **PEOPLE
    ) as served:
        first = await ask(served, FIRST)
        for name in (first.id, f"resp_{'0' * 32}", "resp_1", "nothing"):
            with pytest.raises(openai.BadRequestError) as caught:
                await ask(served, "And?", key=key, previous_response_id=name)
            assert caught.value.code == "previous_response_not_found"
            assert caught.value.param == "previous_response_id"
            assert name not in caught.value.message
            async with served.client(api_key=key) as client:
                for act in (client.responses.retrieve, client.responses.delete):
                    with pytest.raises(openai.NotFoundError):
                        await act(name)
        async with served.client(api_key="sk-sekisho-nobody") as client:
            with pytest.raises(openai.AuthenticationError):
                await client.responses.retrieve(first.id)
        assert (await ask(served, "And?", previous_response_id=first.id)).output_text == "And?"
    assert len(upstream.requests) == 2


async def test_replicas_go_on_from_each_others_replies_and_redis_learns_nothing(
    upstream: ScriptedUpstream, redis: RedisServer, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        served: list[Served] = []
        for name in ("a", "b"):
            (tmp_path / name).mkdir()
            if served:
                shutil.copy(served[0].folder / "ring.json", tmp_path / name)
            gateway = serving(tmp_path / name, base_url=upstream.base_url, state={"url": redis.url})
            served.append(await stack.enter_async_context(gateway))
        first = await ask(served[0], FIRST, instructions="hunter2 speaks")
        second = await ask(served[1], "And?", streamed=True, previous_response_id=first.id)
        third = await ask(served[0], "Then?", previous_response_id=second.id)
        dump = redis.dump()
        assert third.output_text == "Then?"
    assert sent(upstream)[2][0] == sent(upstream)[0][1]
    assert dump.count(b"sekisho:{acme}:entry:") >= 3
    assert leaked_values(dump, (*PLANTED, "hunter2", "EMAIL_ADDRESS", "Then?", "billing:")) == []
    assert all(one.id.encode() not in dump for one in (first, second, third))


async def test_what_is_not_to_be_kept_is_not(
    upstream: ScriptedUpstream, redis: RedisServer, tmp_path: Path
) -> None:
    state = {"url": redis.url, "reply_bytes": 3000}
    async with serving(tmp_path, base_url=upstream.base_url, state=state) as served:
        for streamed in (False, True):
            unwanted = await ask(served, FIRST, store=False, streamed=streamed)
            long = await ask(served, "word " * 700, streamed=streamed)
            assert (unwanted.store, long.store) == (False, False)
            for one in (unwanted, long):
                with pytest.raises(openai.BadRequestError) as caught:
                    await ask(served, "And?", previous_response_id=one.id)
                assert caught.value.code == "previous_response_not_found"
        assert redis.cli("keys", "*:entry:*").strip() == ""
        kept = await ask(served, "short", store=True)
        assert kept.store is True


async def test_a_reply_expires(
    upstream: ScriptedUpstream, redis: RedisServer, tmp_path: Path
) -> None:
    state = {"url": redis.url, "replies_seconds": 0.5}
    async with serving(tmp_path, base_url=upstream.base_url, state=state) as served:
        first = await ask(served, FIRST)
        await asyncio.sleep(0.6)
        with pytest.raises(openai.BadRequestError) as caught:
            await ask(served, "And?", previous_response_id=first.id)
        assert caught.value.code == "previous_response_not_found"
        assert redis.cli("dbsize").strip() == "0"


async def test_where_nothing_is_kept_an_earlier_response_is_refused_by_name(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    state = {"replies_seconds": 0}
    async with serving(tmp_path, base_url=upstream.base_url, state=state) as served:
        first = await ask(served, FIRST, store=True)
        assert first.store is False
        with pytest.raises(openai.BadRequestError, match="send the earlier items again") as caught:
            await ask(served, "And?", previous_response_id=first.id)
        assert caught.value.code == "unsupported_field"


async def test_a_broken_stream_is_not_kept(upstream: ScriptedUpstream, tmp_path: Path) -> None:
    whole = says("one two three", streamed=True)
    upstream.scripts = [Script(headers=whole.headers, chunks=whole.chunks[:2], cut=True)]
    async with serving(tmp_path, base_url=upstream.base_url) as served, served.client() as client:
        events = await client.responses.create(model=MODEL, input="x", stream=True)
        begun: Any = await anext(aiter(events))
        with pytest.raises(openai.APIError):
            async for _ in events:
                pass
        with pytest.raises(openai.NotFoundError):
            await client.responses.retrieve(begun.response.id)


@streamed_or_not
async def test_without_the_store_replies_come_and_are_not_kept(
    upstream: ScriptedUpstream, redis: RedisServer, tmp_path: Path, streamed: bool
) -> None:
    state = {"url": redis.url, "timeout_ms": 300}
    async with serving(tmp_path, base_url=upstream.base_url, state=state) as served:
        first = await ask(served, FIRST, streamed=streamed)
        redis.pause()
        second = await ask(served, FIRST, streamed=streamed)
        assert (second.output_text, second.store) == (FIRST, False)
        with pytest.raises(openai.InternalServerError) as caught:
            await ask(served, "And?", streamed=streamed, previous_response_id=first.id)
        assert (caught.value.status_code, caught.value.code) == (503, "state_unavailable")
        redis.resume()
        async with asyncio.timeout(10):
            while not (await served.gateway.health())["state"]:
                await asyncio.sleep(0.05)
        third = await ask(served, "And?", streamed=streamed, previous_response_id=first.id)
        assert third.store is True


async def test_a_conversation_is_judged_by_the_policy_of_its_own_time(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    """What was kept is what was said: a revision that blocks it blocks what goes on from it."""
    policies = tmp_path / "policies"
    shutil.copytree(ROOT / "policies", policies)
    rows = policies / "data/entities.yaml"
    async with serving(
        tmp_path, base_url=upstream.base_url, policy={"path": str(policies)}
    ) as served:
        first = await ask(served, FIRST)
        stricter = {"EMAIL_ADDRESS": {"treatment": {"in-house": "block"}}}
        document = yaml.safe_load(rows.read_text())
        document["entities"] |= stricter
        rows.write_text(yaml.safe_dump(document))
        await served.gateway.pipeline.policy.swap(build(policies))
        with pytest.raises(openai.UnprocessableEntityError) as caught:
            await ask(served, "And?", previous_response_id=first.id)
        assert caught.value.code == "content_blocked"
        assert (await ask(served, "hello")).output_text == "hello"
    assert len(upstream.requests) == 2
