"""What a deployment shows of itself, and that nothing else is taken for it."""

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
        OpenAIAdapter(settings),
        wire_check=lambda *_: None,
        host_refusal=lambda _: None,
    )


async def shown(script: Script, claim: str) -> tuple[object, ScriptedUpstream]:
    async with ScriptedUpstream(script) as server:
        asked = upstream(server.base_url)
        await asked.start()
        try:
            return await getattr(asked.observer(), claim)(), server
        finally:
            await asked.close()


def says(document: Json, status: int = 200) -> Script:
    return Script(status=status, chunks=(orjson.dumps(document),))


async def test_the_questions_are_fixed_and_at_fixed_paths() -> None:
    models, first = await shown(says({"data": [{"id": "a"}, {"id": "b"}]}), "models")
    assert models == {"a", "b"}
    _, second = await shown(says({"tokens": [1, 2]}), "tokenizer")
    _, third = await shown(completion({"content": "harbour"}), "fingerprint")
    lines = [server.requests[0].line for server in (first, second, third)]
    assert lines == [
        "GET /v1/models HTTP/1.1",
        "POST /tokenize HTTP/1.1",
        "POST /v1/chat/completions HTTP/1.1",
    ]
    asked = second.requests[0].json()
    assert (asked["prompt"], asked["content"], asked["model"]) == (
        TOKENIZER_SAMPLE,
        TOKENIZER_SAMPLE,
        "deepseek-r1",
    )
    asked = third.requests[0].json()
    assert asked["messages"] == [{"role": "user", "content": FINGERPRINT_PROMPT}]
    assert asked["temperature"] == 0


async def test_other_tokens_and_other_words_are_other_digests() -> None:
    tokens = [(await shown(says({"tokens": t}), "tokenizer"))[0] for t in ([1, 2], [12], [1, 2])]
    assert tokens[0] == tokens[2] != tokens[1]
    messages: list[Json] = [
        {"content": "a"},
        {"content": "a", "reasoning_content": "b"},
        {"content": "a", "reasoning": "b"},
        {"content": "b", "reasoning": "a"},
    ]
    words = [(await shown(completion(message), "fingerprint"))[0] for message in messages]
    assert words[1] == words[2]
    assert len(set(words)) == 3


@pytest.mark.parametrize(
    ("claim", "script"),
    [
        ("tokenizer", says({"error": "no such path"}, status=404)),
        ("tokenizer", says({"tokens": []})),
        ("tokenizer", says({"tokens": ["a"]})),
        ("tokenizer", says({"tokens": 1})),
        ("tokenizer", says([])),
        ("tokenizer", Script(chunks=(b"<html>",))),
        ("tokenizer", Script(status=302, headers={"location": "http://127.0.0.1:9/"})),
        ("tokenizer", Script(reset=True)),
        ("models", says({}, status=503)),
        ("fingerprint", completion({"content": ""})),
        ("fingerprint", completion({"content": None})),
        ("fingerprint", says({"choices": []})),
        ("fingerprint", says({"choices": [{"message": "x"}]})),
        ("fingerprint", Script(chunks=(b"x" * (33 << 20),))),
    ],
)
async def test_what_is_no_answer_shows_nothing(claim: str, script: Script) -> None:
    with pytest.raises(UpstreamError):
        await shown(script, claim)


async def test_a_server_that_is_silent_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeouts, "UPSTREAM_QUERY", 0.2)
    with pytest.raises(UpstreamTimeout):
        await shown(Script(silence=True), "models")


async def test_nobody_there_shows_nothing() -> None:
    asked = upstream("http://127.0.0.1:9/v1")
    await asked.start()
    with pytest.raises(UpstreamFailed):
        await asked.observer().models()
    await asked.close()


async def test_llama_cpp_shows_the_same_each_time() -> None:
    told = []
    for _ in range(2):
        async with LocalModel(threads=1) as model:
            told.append([await look(model), await look(model)])
    assert told[0][0] == told[0][1] == told[1][0] == told[1][1]


async def look(model: LocalModel) -> tuple[object, ...]:
    asked = upstream(model.base_url, model=NAME)
    await asked.start()
    shows: DeploymentObserver = asked.observer()
    try:
        return await shows.models(), await shows.tokenizer(), await shows.fingerprint()
    finally:
        await asked.close()
