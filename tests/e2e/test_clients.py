"""The real SDKs of other vendors through a whole gateway, their base URL changed and nothing else."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anthropic
import httpx
import ollama
import openai
import pytest
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

from gateway.demo.leaks import leaked_values
from tests.parts.echoes import echo
from tests.parts.gateways import KEY, Served, serving
from tests.parts.opa import ROOT
from tests.parts.scripted import ReceivedRequest, Script, ScriptedUpstream, completion, stream

PLANTED = ("Kenji Tanaka", "kenji.tanaka@example.co.jp", "+81 90-1234-5678")
TEXT = f"The customer {PLANTED[0]} has the e-mail {PLANTED[1]} and the phone {PLANTED[2]}."
MODEL = "deepseek-reasoner"
SCHEMA = {"type": "object", "properties": {"to": {"type": "string"}}}
ASK = f"Write to {PLANTED[1]}"


def tool(seen: ReceivedRequest) -> Script:
    """A model that calls the tool ``send`` with what it was told, a character at a time when it streams."""
    document = seen.json()
    raw = json.dumps({"to": document["messages"][-1]["content"].split()[-1]})
    call = {"index": 0, "id": "call_1", "type": "function"}
    if not document.get("stream"):
        said = {"tool_calls": [{**call, "function": {"name": "send", "arguments": raw}}]}
        return completion({"content": None, **said}, finish="tool_calls")
    pieces = [{**call, "function": {"name": "send", "arguments": ""}}]
    pieces += [{"index": 0, "function": {"arguments": letter}} for letter in raw]
    return stream(*({"tool_calls": [piece]} for piece in pieces))


def model(seen: ReceivedRequest) -> Script:
    return tool(seen) if b'"tools"' in seen.body else echo(seen)


@pytest.fixture
async def upstream() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream(model) as running:
        yield running
        assert leaked_values(running.received, PLANTED) == []
        assert running.requests


@pytest.fixture
async def served(upstream: ScriptedUpstream, tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path, base_url=upstream.base_url) as running:
        yield running


async def test_anthropic_python(served: Served) -> None:
    asked: dict[str, Any] = {"model": MODEL, "max_tokens": 64}
    said: list[Any] = [{"role": "user", "content": TEXT}]
    tools: list[Any] = [{"name": "send", "input_schema": SCHEMA}]
    calling: list[Any] = [{"role": "user", "content": ASK}]
    client = anthropic.AsyncAnthropic(base_url=served.url, api_key=KEY, max_retries=0)
    async with client:
        whole = await client.messages.create(**asked, messages=said)
        assert [block.to_dict()["text"] for block in whole.content] == [TEXT]
        async with client.messages.stream(**asked, messages=said) as streamed:
            pieces = [piece async for piece in streamed.text_stream]
        assert len(pieces) > 3
        assert "".join(pieces) == TEXT
        called = await client.messages.create(**asked, messages=calling, tools=tools)
        async with client.messages.stream(**asked, messages=calling, tools=tools) as streamed:
            last = await streamed.get_final_message()
        for message in (called, last):
            assert message.stop_reason == "tool_use"
            assert message.content[-1].input == {"to": PLANTED[1]}  # type: ignore[union-attr]
        counted = await client.messages.count_tokens(model=MODEL, messages=said)
        assert counted.input_tokens == 3
        assert {m.id async for m in client.models.list()} >= {MODEL}
        with pytest.raises(anthropic.BadRequestError) as caught:
            await client.messages.create(**asked, messages=said, extra_body={"api_base": "x"})
        assert caught.value.body["error"]["code"] == "unsupported_field"  # type: ignore[index]


async def test_openai_responses(served: Served) -> None:
    tools: list[Any] = [{"type": "function", "name": "send", "parameters": SCHEMA, "strict": False}]
    async with served.client() as client:
        whole = await client.responses.create(model=MODEL, input=TEXT)
        assert whole.output_text == TEXT
        assert whole.store is True  # type: ignore[attr-defined]
        async with client.responses.stream(model=MODEL, input=TEXT) as streamed:
            deltas = [e.delta async for e in streamed if e.type == "response.output_text.delta"]
            last = await streamed.get_final_response()
        assert "".join(deltas) == last.output_text == TEXT
        called = await client.responses.create(model=MODEL, input=ASK, tools=tools)
        async with client.responses.stream(model=MODEL, input=ASK, tools=tools) as streamed:
            async for _ in streamed:
                pass
            last = await streamed.get_final_response()
        for response in (called, last):
            called_with = str(response.output[-1].to_dict()["arguments"])
            assert json.loads(called_with) == {"to": PLANTED[1]}
        with pytest.raises(openai.BadRequestError, match="Send the earlier items again"):
            await client.responses.create(model=MODEL, input="x", previous_response_id="resp_1")


async def test_openai_completions_embeddings_and_azure(served: Served) -> None:
    async with served.client() as client:
        whole = await client.completions.create(model=MODEL, prompt=TEXT)
        assert whole.choices[0].text == TEXT
        chunks = await client.completions.create(model=MODEL, prompt=TEXT, stream=True)
        assert "".join([c.choices[0].text async for c in chunks]) == TEXT
        found = await client.embeddings.create(model=MODEL, input=[TEXT, "x"])
        assert [row.embedding for row in found.data] == [[0.5, 0.0], [0.5, 1.0]]
    azure = openai.AsyncAzureOpenAI(
        azure_endpoint=served.url, api_key=KEY, api_version="2024-10-21", max_retries=0
    )
    async with azure:
        reply = await azure.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": TEXT}]
        )
        assert reply.choices[0].message.content == TEXT


async def test_ollama_python(served: Served) -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    client = ollama.AsyncClient(host=served.url, headers=headers)
    try:
        await _ollama(client)
    finally:
        await client.close()  # type: ignore[no-untyped-call]


async def _ollama(client: ollama.AsyncClient) -> None:
    said = [{"role": "user", "content": TEXT}]
    tools: list[Any] = [{"type": "function", "function": {"name": "send", "parameters": SCHEMA}}]
    assert (await client.chat(model=MODEL, messages=said)).message.content == TEXT
    parts = [p async for p in await client.chat(model=MODEL, messages=said, stream=True)]
    assert "".join(p.message.content or "" for p in parts) == TEXT
    assert parts[-1].done_reason == "stop"
    calling = [{"role": "user", "content": ASK}]
    called = await client.chat(model=MODEL, messages=calling, tools=tools)
    streamed = [
        p async for p in await client.chat(model=MODEL, messages=calling, tools=tools, stream=True)
    ]
    streamed_calls = [call for p in streamed for call in p.message.tool_calls or ()]
    for calls in (called.message.tool_calls, streamed_calls):
        assert calls is not None
        assert calls[0].function.arguments == {"to": PLANTED[1]}
    assert (await client.generate(model=MODEL, prompt=TEXT)).response == TEXT
    assert (await client.embed(model=MODEL, input=TEXT)).embeddings == [[0.5, 0.0]]
    assert {m.model for m in (await client.list()).models} >= {MODEL}
    with pytest.raises(ollama.ResponseError, match="token ids"):
        await client.generate(model=MODEL, prompt="x", context=[1, 2])


async def test_T58_langchain_openai(served: Served, upstream: ScriptedUpstream) -> None:
    async with httpx.AsyncClient() as session:
        await _langchain(served, session)


async def _langchain(served: Served, session: httpx.AsyncClient) -> None:
    options: dict[str, Any] = {
        "base_url": served.base_url,
        "api_key": KEY,
        "max_retries": 0,
        "http_async_client": session,
    }
    chat = ChatOpenAI(model=MODEL, **options)
    assert (await chat.ainvoke(TEXT)).content == TEXT
    assert "".join([str(c.content) async for c in chat.astream(TEXT)]) == TEXT
    send = {"type": "function", "function": {"name": "send", "parameters": SCHEMA}}
    called: Any = await chat.bind_tools([send]).ainvoke(ASK)
    assert called.tool_calls[0]["args"] == {"to": PLANTED[1]}
    plain = OpenAIEmbeddings(model=MODEL, check_embedding_ctx_length=False, **options)
    assert await plain.aembed_query(TEXT) == [0.5, 0.0]


async def test_T58_token_ids_as_langchain_sends_them_are_refused_with_the_option(
    served: Served,
) -> None:
    async with served.client() as client:
        await client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "hi"}]
        )
        with pytest.raises(openai.BadRequestError, match="check_embedding_ctx_length=False"):
            await client.embeddings.create(model=MODEL, input=[[1, 2, 3]])


async def run(command: list[str], served: Served, folder: Path) -> Any:
    """What a client in a process of its own prints, as JSON."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "SEKISHO_URL": served.url,
            "SEKISHO_KEY": KEY,
            "SEKISHO_TEXT": TEXT,
            "SEKISHO_ASK": ASK,
            "NODE_PATH": str(ROOT / ".tools/npm/node_modules"),
        },
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()[-2000:]
    return json.loads(out)


def check(found: Any) -> None:
    assert found["whole"] == TEXT
    assert found["streamed"] == TEXT
    assert json.loads(found["arguments"]) == {"to": PLANTED[1]}


@pytest.mark.skipif(
    shutil.which("node") is None or not (ROOT / ".tools/npm/node_modules/openai").exists(),
    reason="make clients installs the openai npm package, which needs node",
)
async def test_openai_npm(served: Served, tmp_path: Path) -> None:
    node = shutil.which("node")
    assert node is not None
    check(await run([node, str(ROOT / "tests/parts/client.cjs")], served, tmp_path))


@pytest.mark.skipif(
    not (ROOT / ".tools/litellm/bin/python").exists(),
    reason="make clients installs litellm in an environment of its own",
)
async def test_litellm_python(served: Served, tmp_path: Path) -> None:
    python = str(ROOT / ".tools/litellm/bin/python")
    check(await run([python, str(ROOT / "tests/parts/litellm_client.py")], served, tmp_path))
