"""The local model is real: llama.cpp answers."""

import aiohttp

from gateway.demo.model import LocalModel, weights


async def test_the_server_starts_answers_and_stops() -> None:
    assert weights().stat().st_size > 50_000_000
    async with LocalModel() as model, aiohttp.ClientSession() as session:
        body = {
            "messages": [{"role": "user", "content": "Say hello."}],
            "max_tokens": 4,
            "temperature": 0,
        }
        async with session.post(f"{model.base_url}/chat/completions", json=body) as reply:
            document = await reply.json()
    assert document["model"] == "smollm2"
    assert document["usage"]["completion_tokens"] > 0
