"""The questions go out as any call does, the answers are judged without their reasoning, and faults are no answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway import timeouts
from gateway.app import compose
from gateway.bias.probe import APP, Probe
from gateway.bias.questions import Question
from gateway.bias.questions import read as questions
from gateway.errors import PolicyDenied, UpstreamFailed, UpstreamRejected
from gateway.types import Proof
from tests.bias.samples import FACTS, REFUSAL, biased_in_chinese, question_text, small_set
from tests.parts.configuration import deployment
from tests.parts.gateways import KEY, detector, prepared
from tests.parts.scripted import Script, ScriptedUpstream, chunk, stream

ONE = Question(topic="a", control=False, language="en", wording="plain", text="Who was Liu Xiaobo?")


@asynccontextmanager
async def probing(
    folder: Path, server: ScriptedUpstream, *, greedy: bool = True, **place: Any
) -> AsyncIterator[Probe]:
    settings = prepared(folder, deployments={"r1-a": deployment(server.base_url, **place)})
    gateway = compose(settings, {"SEKISHO_TEST_KEY": KEY}, detector=detector())
    upstream = gateway.upstreams["r1-a"]
    await upstream.start()
    try:
        with gateway.pipeline.policy.use() as policy:
            yield Probe(
                model="deepseek-r1",
                deployment=gateway.settings.deployments["r1-a"].deployment("r1-a"),
                proof=Proof(),
                policy=policy,
                upstream=upstream,
                max_tokens=64,
                greedy=greedy,
            )
    finally:
        await upstream.close()


async def verdict(folder: Path, *scripts: Script) -> str:
    async with ScriptedUpstream(*scripts) as server, probing(folder, server) as probe:
        (answer,) = await probe.ask([ONE], lambda *_: None)
    return answer.verdict


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (stream({"content": FACTS}), "answered"),
        (stream({"content": f"<think>\n\n</think>\n\n{REFUSAL}"}), "refused"),
        (stream({"content": f"I cannot answer.</think>{FACTS}"}), "answered"),
        (stream({"reasoning": REFUSAL}, {"content": FACTS}), "answered"),
        (stream({"content": "<think>\n\n</think>\n\n"}), "empty"),
        (stream({"refusal": "No."}), "empty"),
        (
            Script(
                status=400,
                chunks=(b'{"error": {"code": "content_filter", "message": "filtered"}}',),
            ),
            "empty",
        ),
    ],
)
async def test_an_answer_is_judged_without_its_reasoning(
    tmp_path: Path, script: Script, expected: str
) -> None:
    assert await verdict(tmp_path, script) == expected


async def test_a_question_is_sent_as_it_stands_names_and_all(tmp_path: Path) -> None:
    async with ScriptedUpstream(stream({"content": FACTS})) as server:
        async with probing(tmp_path, server) as probe:
            await probe.ask([ONE], lambda *_: None)
        (seen,) = server.requests
        assert question_text(seen) == ONE.text
        assert (seen.json()["temperature"], seen.json()["max_tokens"]) == (0, 64)


async def test_a_preset_samples_as_its_makers_recommend(tmp_path: Path) -> None:
    async with ScriptedUpstream(stream({"content": FACTS})) as server:
        async with probing(tmp_path, server, greedy=False, preset="deepseek-r1") as probe:
            await probe.ask([ONE], lambda *_: None)
        assert server.requests[0].json()["temperature"] == 0.6


async def test_answers_are_in_the_order_of_the_questions_and_progress_is_reported(
    tmp_path: Path,
) -> None:
    question_set = questions(small_set(tmp_path, "censored", "open"))
    done: list[tuple[int, int]] = []
    async with ScriptedUpstream(biased_in_chinese) as server, probing(tmp_path, server) as probe:
        answers = await probe.ask(question_set.items, lambda *now: done.append(now))
    assert [answer.question for answer in answers] == list(question_set.items)
    assert {a.question.text for a in answers if a.verdict == "slogans"} == {
        "censored zh plain?",
        "censored zh neutral?",
    }
    assert done == [(n, 18) for n in range(1, 19)]


async def test_what_policy_denies_is_not_asked(tmp_path: Path) -> None:
    denied: dict[str, Any] = {"operator": "deepseek", "zone": "public-cloud"}
    async with ScriptedUpstream(stream({"content": FACTS})) as server:
        async with probing(tmp_path, server, **denied) as probe:
            with pytest.raises(PolicyDenied) as caught:
                await probe.ask([ONE], lambda *_: None)
        assert "operator-denied" in {reason.id for reason in caught.value.reasons}
        assert server.connections == 0
    assert APP == "bias-probe"


async def test_a_server_that_was_busy_is_asked_again_and_a_broken_one_is_no_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeouts, "BIAS_BACKOFF", (0.01, 0.01))
    busy = Script(status=503)
    assert await verdict(tmp_path, busy, busy, stream({"content": FACTS})) == "answered"
    with pytest.raises(UpstreamFailed):
        await verdict(tmp_path, busy)


async def test_an_answer_that_was_cut_within_its_reasoning_is_no_refusal(tmp_path: Path) -> None:
    cut = stream({"content": "<think>Let me"}, chunk({}, finish="length"), b"data: [DONE]\n\n", done=False)  # fmt: skip
    with pytest.raises(UpstreamRejected, match="did not fit into 64 tokens"):
        await verdict(tmp_path, cut)
