"""The table of docs/state.md through a whole gateway: what callers get for each way in which the store fails."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from gateway.demo.leaks import leaked_values
from gateway.errors import StateUnavailable
from gateway.identity.keys.key_file import mint, write
from gateway.keys import read_ring
from gateway.state.redis import RedisState
from tests.parts.echoes import says
from tests.parts.gateways import KEY, Served, prepared, serving
from tests.parts.redis import RedisServer
from tests.parts.scripted import ReceivedRequest, Script, ScriptedUpstream, completion

MODEL = "deepseek-r1"
ENV = {"id": "billing", "key_env": "SEKISHO_TEST_KEY", "tenant": "acme", "app": "billing"}
PLANTED = "kenji.tanaka@example.co.jp"
LIMIT = 40
GRANTED_ALONE = 4
PACE = {"name": "pace", "count": "requests", "limit": LIMIT, "window_seconds": 3600, "per": ["key"]}
GRACE_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A way to fail, and what is left then."""

    begin: Callable[[RedisServer], Awaitable[None]]
    end: Callable[[RedisServer], Awaitable[None]]
    reads: bool = False
    """Whether the store still answers what asks for no room."""
    takes_revocations: bool = False
    forgets: bool = False
    """Whether what was in the store may be gone."""
    left: tuple[int, ...] = (1,)
    """How many of one request counted before may be left afterwards."""
    noticed: Callable[[RedisState], bool] = lambda _: True
    """Whether the gateway knows of this very failure: on a busy machine a single call may time out before that."""


async def freeze(redis: RedisServer) -> None:
    redis.pause()


async def thaw(redis: RedisServer) -> None:
    redis.resume()


async def fill(redis: RedisServer) -> None:
    """Somebody else's data, up to the last byte."""
    redis.cli("config", "set", "maxmemory-policy", "noeviction", "maxmemory", "1")


async def empty(redis: RedisServer) -> None:
    redis.cli("config", "set", "maxmemory", "0", "maxmemory-policy", "noeviction")


async def evict(redis: RedisServer) -> None:
    """A small cache, in use: what was used least goes first."""
    redis.cli("config", "set", "maxmemory-policy", "allkeys-lru", "maxmemory", "3mb")
    # In a thread: the gateway shares this event loop, and its calls would time out meanwhile.
    script = "for i = 1, 40000 do redis.call('SET', 'other:' .. i, 'x') end"
    await asyncio.to_thread(redis.cli, "eval", script, "0")
    assert int(redis.cli("info", "stats").split("evicted_keys:")[1].split()[0]) > 0


FAILURES = {
    "frozen": Failure(begin=freeze, end=thaw),
    "killed": Failure(begin=RedisServer.kill, end=RedisServer.start, forgets=True, left=(0,)),
    "full": Failure(
        begin=fill,
        end=empty,
        reads=True,
        takes_revocations=True,
        noticed=lambda state: not state._writable,
    ),
    # Redis evicts by sampling, a little at a time: whether a given counter is among them, nobody knows.
    "evicting": Failure(
        begin=evict,
        end=empty,
        reads=True,
        forgets=True,
        left=(0, 1),
        noticed=lambda state: not state._noeviction,
    ),
}
every_failure = pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)


def thinking(seen: ReceivedRequest) -> Script:
    """Says its mind, or what it was told last."""
    said = seen.json()["messages"][-1]["content"]
    if "think" in said:
        return completion({"reasoning_content": "step by step", "content": "4"})
    return says(said, streamed=False)


@pytest.fixture
async def upstream() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream(thinking) as running:
        yield running


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[RedisServer]:
    async with RedisServer(tmp_path) as running:
        yield running


@pytest.fixture
def portal(tmp_path: Path) -> str:
    """A key of the file: one that can be revoked."""
    prepared(tmp_path)
    key, row = mint(
        read_ring(tmp_path / "ring.json"),
        key_id="portal",
        tenant="acme",
        app="portal",
        groups=(),
        expires=None,
    )
    write(tmp_path / "keys.json", [row])
    return key


@asynccontextmanager
async def gateway(
    upstream: ScriptedUpstream, redis: RedisServer, tmp_path: Path, **changes: Any
) -> AsyncIterator[Served]:
    async with serving(
        tmp_path,
        base_url=upstream.base_url,
        state={
            "url": redis.url,
            "timeout_ms": 300,
            "grace_seconds": GRACE_SECONDS,
            "grace_share": GRANTED_ALONE / LIMIT,
        },
        models={MODEL: {"deployments": ["r1-a"], "harvest": {"prompts": 1000}}},
        quotas=[PACE],
        **changes,
    ) as running:
        yield running


@pytest.fixture
async def served(
    upstream: ScriptedUpstream, redis: RedisServer, tmp_path: Path
) -> AsyncIterator[Served]:
    async with gateway(upstream, redis, tmp_path) as running:
        yield running


async def ask(served: Served, said: str, *, key: str = KEY) -> Any:
    async with served.client(api_key=key) as client:
        messages: Any = [{"role": "user", "content": said}]
        reply = await client.chat.completions.create(model=MODEL, messages=messages)
        return reply.choices[0].message


async def respond(served: Served, said: str, **more: Any) -> Any:
    async with served.client() as client:
        return await client.responses.create(model=MODEL, input=said, **more)


async def outcome(work: Awaitable[Any]) -> tuple[int, str]:
    """Status and error code."""
    try:
        await work
    except openai.APIStatusError as error:
        return error.status_code, str(error.code)
    return 200, ""


async def probe(served: Served) -> int:
    async with httpx.AsyncClient() as client:
        return (await client.get(f"{served.url}/readyz")).status_code


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await true():
            await asyncio.sleep(0.05)


def grace_passes(served: Served) -> None:
    """The clock of the counters goes on at once."""
    served.gateway.counters._clock = lambda: time.monotonic() + 2 * GRACE_SECONDS


async def settled(served: Served) -> bool:
    """Whether the store has taken the truth of every request: a reply is out before it has."""
    return not served.gateway.counters.settlements.tasks


async def ready(served: Served) -> bool:
    return (await served.gateway.health())["state"]


async def begin(failure: Failure, served: Served, redis: RedisServer) -> None:
    """Let the store fail, and wait until the gateway knows."""
    state = served.gateway.state
    assert isinstance(state, RedisState)
    await failure.begin(redis)
    await until(lambda: _not(ready(served)))
    async with asyncio.timeout(60):
        while not failure.noticed(state):
            await asyncio.sleep(0.05)


@every_failure
async def test_T46_T47_quotas_are_granted_a_share_and_then_refused(
    served: Served, redis: RedisServer, failure: Failure
) -> None:
    assert await outcome(ask(served, "hello")) == (200, "")
    await until(lambda: settled(served))
    await begin(failure, served, redis)
    for _ in range(GRANTED_ALONE):
        assert await outcome(ask(served, "hello")) == (200, "")
        assert await probe(served) == 200
    for _ in range(3):
        assert await outcome(ask(served, "hello")) == (503, "state_unavailable")
        assert await probe(served) == 200, "a probe gives no new grace"
    grace_passes(served)
    assert await outcome(ask(served, "hello")) == (503, "state_unavailable")
    assert await probe(served) == 503
    await failure.end(redis)
    await until(lambda: _is(probe(served), 200))
    await until(lambda: settled(served))
    used = redis.cli("hvals", "sekisho:{acme}:counter:pace:key=billing").split()
    assert sum(map(int, used)) in {GRANTED_ALONE + left for left in failure.left}
    assert await outcome(ask(served, "hello")) == (200, "")


@every_failure
async def test_T46_T47_replies_are_not_kept_and_old_ones_are_found_where_the_store_reads(
    served: Served, redis: RedisServer, failure: Failure
) -> None:
    first = await respond(served, "hello")
    assert first.store is True
    await begin(failure, served, redis)
    assert (await respond(served, "hello")).store is False
    later = await outcome(respond(served, "And?", previous_response_id=first.id))
    if not failure.reads:
        assert later == (503, "state_unavailable")
    elif not failure.forgets:
        assert later == (200, "")
    else:
        assert later in ((200, ""), (400, "previous_response_not_found"))
    await failure.end(redis)
    await until(lambda: ready(served))
    assert (await respond(served, "hello")).store is True


@every_failure
async def test_T46_T47_reasoning_of_a_guarded_model_is_not_shown_when_nobody_counts(
    upstream: ScriptedUpstream, redis: RedisServer, tmp_path: Path, failure: Failure
) -> None:
    """Without a quota nothing is refused: the harvest guard alone closes."""
    state = {"url": redis.url, "timeout_ms": 300, "grace_seconds": 0}
    models = {MODEL: {"deployments": ["r1-a"], "harvest": {"prompts": 1000}}}
    async with serving(tmp_path, base_url=upstream.base_url, state=state, models=models) as served:
        assert (await ask(served, "think")).reasoning_content == "step by step"
        await begin(failure, served, redis)
        shown = await ask(served, "think")
        assert (shown.content, getattr(shown, "reasoning_content", None)) == ("4", None)
        await failure.end(redis)
        await until(lambda: ready(served))
        assert (await ask(served, "think")).reasoning_content == "step by step"


@every_failure
async def test_T46_T47_revocations_hold_or_close(
    upstream: ScriptedUpstream, redis: RedisServer, tmp_path: Path, portal: str, failure: Failure
) -> None:
    identity = {"keys": [ENV], "keys_file": str(tmp_path / "keys.json")}
    async with gateway(upstream, redis, tmp_path, identity=identity) as served:
        await _revocations_hold_or_close(served, redis, portal, failure)


async def _revocations_hold_or_close(
    served: Served, redis: RedisServer, portal: str, failure: Failure
) -> None:
    state = served.gateway.state
    await state.revoke("elsewhere", time.time() + 600)
    await asyncio.sleep(0.6)  # learnt
    assert await outcome(ask(served, "hello", key=portal)) == (200, "")
    await begin(failure, served, redis)
    await asyncio.sleep(1.2)  # beyond state.stale_seconds
    assert await outcome(ask(served, "hello")) == (200, ""), "a key of the environment goes on"
    if failure.reads and not failure.forgets:
        assert await outcome(ask(served, "hello", key=portal)) == (200, "")
    elif not failure.reads:
        assert await outcome(ask(served, "hello", key=portal)) == (503, "identity_unavailable")
    if failure.takes_revocations:
        await state.revoke("portal", time.time() + 600)
    else:
        with pytest.raises(StateUnavailable):
            await state.revoke("portal", time.time() + 600)
    await failure.end(redis)
    await until(lambda: ready(served))
    # What this gateway knew it puts back, whatever the store has forgotten.
    await until(lambda: _holds(redis, "elsewhere"))
    if failure.takes_revocations:
        await asyncio.sleep(0.6)
        assert (await outcome(ask(served, "hello", key=portal)))[0] == 401


async def test_a_wiped_store_begins_at_zero_and_forgets_replies(
    served: Served, redis: RedisServer
) -> None:
    await served.gateway.state.revoke("elsewhere", time.time() + 600)
    first = await respond(served, "hello")
    await asyncio.sleep(0.6)  # learnt and settled
    redis.cli("flushall")
    assert await probe(served) == 200
    later = await outcome(respond(served, "And?", previous_response_id=first.id))
    assert later == (400, "previous_response_not_found")
    async with served.client() as client:
        messages: Any = [{"role": "user", "content": "hello"}]
        reply = await client.chat.completions.with_raw_response.create(
            model=MODEL, messages=messages
        )
    assert reply.headers["x-ratelimit-remaining-requests"] == str(LIMIT - 1)
    await until(lambda: _holds(redis, "elsewhere"))


async def test_T47_whatever_happens_no_value_is_in_the_store(
    served: Served, redis: RedisServer, upstream: ScriptedUpstream
) -> None:
    """Everything that the gateway keeps in it, after a failure of each kind that forgets nothing."""
    said = f"think of {PLANTED}, hunter2"
    dumps = []
    for name in ("frozen", "full"):
        first = await respond(served, said, instructions=PLANTED, user=PLANTED)
        await respond(served, said, previous_response_id=first.id)
        await ask(served, said)
        await begin(FAILURES[name], served, redis)
        assert (await respond(served, said)).store is False
        await FAILURES[name].end(redis)
        await until(lambda: ready(served))
        dumps.append(redis.dump())
    for dump in dumps:
        for kind in (b":entry:", b":counter:", b":hold:", b":distinct:"):
            assert kind in dump
        planted = (PLANTED, "hunter2", "EMAIL_ADDRESS", "think of", "step by step", KEY)
        assert leaked_values(dump, planted) == []
    assert leaked_values(upstream.received, (PLANTED,)) == []


async def _not(told: Awaitable[bool]) -> bool:
    return not await told


async def _is(told: Awaitable[int], wanted: int) -> bool:
    return await told == wanted


async def _holds(redis: RedisServer, name: str) -> bool:
    return name in redis.cli("zrange", "sekisho:revoked", "0", "-1")
