"""Every dialect over a real model server: llama.cpp, with a wiretap before it."""

from pathlib import Path
from typing import Any

import anthropic
import ollama

from gateway.demo.leaks import leaked_values
from gateway.demo.model import NAME, LocalModel
from gateway.demo.recording_proxy import RecordingProxy
from tests.parts.configuration import deployment
from tests.parts.gateways import KEY, Served, serving

VALUE = "kenji.tanaka@example.co.jp"
ASKED = f"Write to {VALUE}."


async def test_every_dialect_speaks_with_llama_cpp(tmp_path: Path) -> None:
    async with LocalModel() as model, RecordingProxy(model.base_url) as wiretap:
        local = deployment(wiretap.base_url, model=NAME, weights="smollm2")
        async with serving(
            tmp_path,
            base_url=wiretap.base_url,
            more_deployments={"local": local},
            models={NAME: {"deployments": ["local"]}},
            detect={"deadline_ms": 20_000},
        ) as served:
            await _openai(served)
            await _anthropic(served)
            await _ollama(served)
        seen = wiretap.received
    assert b"[EMAIL_ADDRESS_" in seen
    assert leaked_values(seen, [VALUE]) == []


async def _openai(served: Served) -> None:
    said: list[Any] = [{"role": "user", "content": ASKED}]
    async with served.client(timeout=120) as client:
        chunks = await client.chat.completions.create(
            model=NAME, messages=said, max_tokens=6, stream=True
        )
        assert [c async for c in chunks][-1].choices[0].finish_reason == "length"
        whole = await client.completions.create(model=NAME, prompt=ASKED, max_tokens=6)
        assert whole.usage is not None
        assert whole.usage.completion_tokens == 6
        streamed = await client.completions.create(
            model=NAME, prompt=ASKED, max_tokens=6, stream=True
        )
        assert [c async for c in streamed][-1].choices[0].finish_reason == "length"
        response = await client.responses.create(model=NAME, input=ASKED, max_output_tokens=6)
        assert response.status == "incomplete"
        then = await client.responses.create(
            model=NAME, input="And?", previous_response_id=response.id, max_output_tokens=6
        )
        assert response.usage is not None
        assert then.usage is not None
        assert then.usage.input_tokens > response.usage.input_tokens


async def _anthropic(served: Served) -> None:
    said: list[Any] = [{"role": "user", "content": ASKED}]
    client = anthropic.AsyncAnthropic(base_url=served.url, api_key=KEY, max_retries=0, timeout=120)
    async with client:
        async with client.messages.stream(model=NAME, messages=said, max_tokens=6) as streamed:
            last = await streamed.get_final_message()
        assert (last.stop_reason, last.usage.output_tokens) == ("max_tokens", 6)
        counted = await client.messages.count_tokens(model=NAME, messages=said)
        assert counted.input_tokens == last.usage.input_tokens + (
            last.usage.cache_read_input_tokens or 0
        )


async def _ollama(served: Served) -> None:
    client = ollama.AsyncClient(host=served.url, headers={"Authorization": f"Bearer {KEY}"})
    try:
        said = [{"role": "user", "content": ASKED}]
        asked: dict[str, Any] = {"model": NAME, "options": {"num_predict": 6}}
        parts = [p async for p in await client.chat(**asked, messages=said, stream=True)]
        assert parts[-1].done_reason == "length"
        assert (await client.generate(**asked, prompt=ASKED)).eval_count == 6
    finally:
        await client.close()  # type: ignore[no-untyped-call]
