"""One revision decides a request from beginning to end, and another takes its place whole."""

import asyncio
import gc

import pytest

from gateway.errors import ConfigError, PolicyUnavailable
from gateway.policy.compile.build import Build, revision
from gateway.policy.decide.embedded import EmbeddedEngine
from gateway.policy.decide.live import LivePolicy
from gateway.types import Json
from tests.policy.samples import known


def variant(shipped: Build, number: int) -> Build:
    data = {name: value for name, value in shipped.data.items() if name != "sekisho_revision"}
    settings = {**data["settings"], "packs": {**data["settings"]["packs"], f"x{number}": "off"}}
    return revision(shipped.modules, {**data, "settings": settings})


class Slow(EmbeddedEngine):
    """Answers once it is let."""

    gate: asyncio.Event

    async def evaluate(self, document: bytes) -> Json:
        await self.gate.wait()
        return await super().evaluate(document)


async def test_a_swap_changes_who_decides_next(shipped: Build) -> None:
    live = LivePolicy(shipped, EmbeddedEngine)
    await live.start()
    first = live.current
    await live.swap(shipped)
    assert live.current is first
    await live.swap(variant(shipped, 1))
    with live.use() as policy:
        assert policy is not first
        decision = await policy.decider.decide(known(policy.build))
    assert decision.revision == variant(shipped, 1).revision
    await live.close()
    assert not await live.ready()


async def test_who_has_begun_to_decide_ends_with_the_same_revision(shipped: Build) -> None:
    Slow.gate = asyncio.Event()
    live = LivePolicy(shipped, Slow)

    async def decide() -> str:
        with live.use() as policy:
            return (await policy.decider.decide(known(policy.build))).revision

    begun = [asyncio.ensure_future(decide()) for _ in range(5)]
    await asyncio.sleep(0)
    before = live.current
    await live.swap(variant(shipped, 1))
    Slow.gate.set()
    assert set(await asyncio.gather(*begun)) == {shipped.revision}
    assert await decide() == variant(shipped, 1).revision
    await live.close()
    with pytest.raises(PolicyUnavailable):
        await before.engine.evaluate(b"{}")


async def test_what_the_engine_cannot_run_is_refused_and_the_last_one_stays(
    shipped: Build,
) -> None:
    live = LivePolicy(shipped, EmbeddedEngine)
    broken = revision({"x.rego": "package x\n\ny := no.such.builtin(1)\n"}, shipped.data)
    with pytest.raises(ConfigError):
        await live.swap(broken)
    assert live.current.build is shipped
    assert await live.ready()
    await live.close()


async def test_revisions_that_were_replaced_leave_nothing_to_a_collector(shipped: Build) -> None:
    """regorus lets an engine end on its own thread alone, and a collector runs on any."""
    live = LivePolicy(shipped, EmbeddedEngine)
    for number in range(5):
        with live.use() as policy:
            await policy.decider.decide(known(policy.build))
        await live.swap(variant(shipped, number))
        await asyncio.to_thread(gc.collect)
    await live.close()
    await asyncio.to_thread(gc.collect)


def test_what_the_current_revision_says_of_a_host(shipped: Build) -> None:
    live = LivePolicy(shipped, EmbeddedEngine)
    (reason,) = live.host_refusal("api.deepseek.com") or ()
    assert (reason.id, reason.code) == ("operator-denied", "provider_blocked")
    assert live.host_refusal("api.openai.com") is None
    assert live.reasons("no_such_rule") == ()


@pytest.mark.parametrize(
    ("provider", "allowed"),
    [
        ("mistral", True),
        ("Mistral AI", True),
        ("google-vertex/global", True),
        ("Amazon Bedrock", True),
        ("DeepSeek", False),
        ("siliconflow", False),
        ("Silicon-Flow/fp8", False),
        ("siliconflow-cn", False),
        ("ByteDance", False),
        ("DeepSeek (China)", False),
        ("openrouter", False),
        ("deepinfra", True),  # denied for its facts are unconfirmed, and named on purpose
        ("Fireworks", True),  # no row
    ],
)
def test_B32_a_router_may_not_choose_a_denied_operator(
    shipped: Build, provider: str, *, allowed: bool
) -> None:
    refusal = LivePolicy(shipped, EmbeddedEngine).provider_refusal(provider)
    assert (refusal is None) is allowed
    assert allowed or [reason.id for reason in refusal or ()] == ["operator-denied"]
