"""What a deployment reports of itself, and that nothing else is taken for it."""

import orjson
import pytest

from gateway import timeouts
from gateway.demo.model import NAME, LocalModel
from gateway.errors import UpstreamError, UpstreamFailed, UpstreamTimeout
from gateway.settings.deployments import DeploymentSettings
from gateway.types import Json
from gateway.upstream.http import HttpUpstream
from gateway.upstream.protocol.observer import (
    FINGERPRINT_PROMPT,
    TOKENIZER_SAMPLE,
    DeploymentObserver,
)
from gateway.upstream.protocol.openai import OpenAIAdapter
from tests.parts.configuration import deployment
from tests.parts.scripted import Script, ScriptedUpstream, completion


def upstream(base_url: str, **changes: Json) -> HttpUpstream:
    settings = DeploymentSettings.model_validate(deployment(base_url, **changes))
    return HttpUpstream(
        "r1-a",
        settings,
        OpenAIAdapter(settings, lambda _: None),
        wire_check=lambda *_: None,
        host_refusal=lambda _: None,
    )


async def observed(script: Script, claim: str) -> tuple[object, ScriptedUpstream]:
    async with ScriptedUpstream(script) as server:
        deployment = upstream(server.base_url)
        await deployment.start()
        try:
            return await getattr(deployment.observer(), claim)(), server
        finally:
            await deployment.close()


def answering(document: Json, status: int = 200) -> Script:
    return Script(status=status, chunks=(orjson.dumps(document),))


async def test_the_questions_are_fixed_and_at_fixed_paths() -> None:
    models, first = await observed(answering({"data": [{"id": "a"}, {"id": "b"}]}), "models")
    assert models == {"a", "b"}
    _, second = await observed(answering({"tokens": [1, 2]}), "tokenizer")
    _, third = await observed(completion({"content": "harbour"}), "fingerprint")
    lines = [server.requests[0].line for server in (first, second, third)]
    assert lines == [
        "GET /v1/models HTTP/1.1",
        "POST /tokenize HTTP/1.1",
        "POST /v1/chat/completions HTTP/1.1",
    ]
    request = second.requests[0].json()
    assert (request["prompt"], request["content"], request["model"]) == (
        TOKENIZER_SAMPLE,
        TOKENIZER_SAMPLE,
        "deepseek-r1",
    )
    request = third.requests[0].json()
    assert request["messages"] == [{"role": "user", "content": FINGERPRINT_PROMPT}]
    assert request["temperature"] == 0


async def test_other_tokens_and_other_words_are_other_digests() -> None:
    tokens = [
        (await observed(answering({"tokens": t}), "tokenizer"))[0] for t in ([1, 2], [12], [1, 2])
    ]
    assert tokens[0] == tokens[2] != tokens[1]
    messages: list[Json] = [
        {"content": "a"},
        {"content": "a", "reasoning_content": "b"},
        {"content": "a", "reasoning": "b"},
        {"content": "b", "reasoning": "a"},
    ]
    words = [(await observed(completion(message), "fingerprint"))[0] for message in messages]
    assert words[1] == words[2]
    assert len(set(words)) == 3


@pytest.mark.parametrize(
    ("claim", "script"),
    [
        ("tokenizer", answering({"error": "no such path"}, status=404)),
        ("tokenizer", answering({"tokens": []})),
        ("tokenizer", answering({"tokens": ["a"]})),
        ("tokenizer", answering({"tokens": 1})),
        ("tokenizer", answering([])),
        ("tokenizer", Script(chunks=(b"<html>",))),
        ("tokenizer", Script(status=302, headers={"location": "http://127.0.0.1:9/"})),
        ("tokenizer", Script(reset=True)),
        ("models", answering({}, status=503)),
        ("fingerprint", completion({"content": ""})),
        ("fingerprint", completion({"content": None})),
        ("fingerprint", answering({"choices": []})),
        ("fingerprint", answering({"choices": [{"message": "x"}]})),
        ("fingerprint", Script(chunks=(b"x" * (33 << 20),))),
    ],
)
async def test_a_malformed_answer_is_an_error(claim: str, script: Script) -> None:
    with pytest.raises(UpstreamError):
        await observed(script, claim)


async def test_a_server_that_is_silent_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeouts, "UPSTREAM_QUERY", 0.2)
    with pytest.raises(UpstreamTimeout):
        await observed(Script(silence=True), "models")


async def test_an_unreachable_server_is_an_error() -> None:
    deployment = upstream("http://127.0.0.1:9/v1")
    await deployment.start()
    with pytest.raises(UpstreamFailed):
        await deployment.observer().models()
    await deployment.close()


async def test_llama_cpp_reports_the_same_each_time() -> None:
    observations = []
    for _ in range(2):
        async with LocalModel(threads=1) as model:
            observations.append([await look(model), await look(model)])
    assert observations[0][0] == observations[0][1] == observations[1][0] == observations[1][1]


async def look(model: LocalModel) -> tuple[object, ...]:
    deployment = upstream(model.base_url, model=NAME)
    await deployment.start()
    observer: DeploymentObserver = deployment.observer()
    try:
        return await observer.models(), await observer.tokenizer(), await observer.fingerprint()
    finally:
        await deployment.close()
