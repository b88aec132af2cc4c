"""The real OpenAI SDK through a whole gateway: values restored, none of them on the wire."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, TypeAlias

import openai
import pytest

from gateway.demo.leaks import leaked_values
from tests.parts.gateways import Served, serving
from tests.parts.scripted import (
    ReceivedRequest,
    Script,
    ScriptedUpstream,
    completion,
    stream,
    words,
)

PLANTED = ("Kenji Tanaka", "kenji.tanaka@example.co.jp", "+81 90-1234-5678", "4111 1111 1111 1111")
TEXT = (
    f"The customer {PLANTED[0]} has the e-mail {PLANTED[1]}, the phone {PLANTED[2]} "
    f"and the card {PLANTED[3]}."
)


def echo(seen: ReceivedRequest) -> Script:
    """A model that says what it was told, three characters at a time when it streams."""
    document = seen.json()
    said = document["messages"][-1]["content"]
    return stream(*words(said, 3)) if document.get("stream") else completion({"content": said})


@pytest.fixture
async def served(upstream: ScriptedUpstream, tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path, base_url=upstream.base_url) as running:
        yield running


Ask: TypeAlias = Callable[..., Awaitable[Any]]


@pytest.fixture
async def ask(served: Served) -> AsyncIterator[Ask]:
    """Asks through one client, which stays open while a stream is read."""
    async with served.client() as client:

        async def create(messages: list[dict[str, Any]], **more: Any) -> Any:
            return await client.chat.completions.create(
                model="deepseek-reasoner",
                messages=messages,  # type: ignore[arg-type]
                **more,
            )

        yield create


def user(content: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": content}]


async def test_values_are_restored_and_none_is_on_the_wire(
    ask: Ask, upstream: ScriptedUpstream
) -> None:
    reply = await ask(user(TEXT))
    assert reply.choices[0].message.content == TEXT
    assert reply.usage.total_tokens == 8
    assert leaked_values(upstream.received, PLANTED) == []
    assert b"[PERSON_" in upstream.received


async def test_T18_the_same_streamed(ask: Ask, upstream: ScriptedUpstream) -> None:
    chunks = [c async for c in await ask(user(TEXT), stream=True)]
    pieces = [c.choices[0].delta.content or "" for c in chunks if c.choices]
    assert "".join(pieces) == TEXT
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert not any("[" in piece or "]" in piece for piece in pieces)
    assert leaked_values(upstream.received, PLANTED) == []


async def test_T19_a_stream_is_not_collected_first(ask: Ask, upstream: ScriptedUpstream) -> None:
    upstream.scripts = [stream(*words("plain words only " * 20, 6), pause=0.005)]
    chunks = [c async for c in await ask(user("talk"), stream=True)]
    sent = len(list(words("plain words only " * 20, 6)))
    assert len([c for c in chunks if c.choices and c.choices[0].delta.content]) > sent / 3


async def test_T04_T06_T57_every_turn_and_tool_result_is_masked(
    ask: Ask, upstream: ScriptedUpstream
) -> None:
    token = "ghp_" + "0aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY"
    await ask(
        [
            {"role": "system", "content": "The operator is Aiko Yamamoto, aiko@corp.example."},
            {"role": "user", "content": "My name is Kenji Tanaka."},
            {"role": "assistant", "content": "Hello, I wrote to kenji.tanaka@example.co.jp."},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {
                            "name": "pay",
                            "arguments": '{"card": 4111111111111111, "to": "Kenji Tanaka"}',
                        },
                    }
                ],
            },
            {"role": "tool", "tool_call_id": "call_1", "content": f"GITHUB_TOKEN={token}"},
            {"role": "user", "content": "Is Kenji Tanaka there? And KENJI TANAKA?"},
        ],
    )
    planted = (*PLANTED[:2], "4111111111111111", "aiko@corp.example", token)
    assert leaked_values(upstream.received, planted) == []


async def test_T20_arguments_of_declared_tools_are_restored(
    ask: Ask, upstream: ScriptedUpstream
) -> None:
    def calls(seen: ReceivedRequest) -> Script:
        said = seen.json()["messages"][-1]["content"]
        raw = '{"to": "' + said.split()[-1] + '"}'
        tool = {"name": "send", "arguments": raw}
        if not seen.json().get("stream"):
            call = {"id": "call_1", "type": "function", "function": tool}
            return completion({"content": None, "tool_calls": [call]}, finish="tool_calls")
        head = {
            "index": 0,
            "id": "call_1",
            "type": "function",
            "function": {"name": "send", "arguments": ""},
        }
        rest = [{"index": 0, "function": {"arguments": letter}} for letter in raw]
        return stream(*({"tool_calls": [piece]} for piece in [head, *rest]))

    upstream.scripts = [calls]
    tools = [{"type": "function", "function": {"name": "send", "parameters": {"type": "object"}}}]
    message = user("Write to kenji.tanaka@example.co.jp")
    whole = await ask(message, tools=tools)
    assert whole.choices[0].message.tool_calls[0].function.arguments == (
        '{"to": "kenji.tanaka@example.co.jp"}'
    )
    arguments = ""
    async for chunk in await ask(message, tools=tools, stream=True):
        for call in (chunk.choices[0].delta.tool_calls or []) if chunk.choices else []:
            arguments += call.function.arguments or ""
    assert arguments == '{"to": "kenji.tanaka@example.co.jp"}'
    undeclared = await ask(message)
    assert "kenji" not in undeclared.choices[0].message.tool_calls[0].function.arguments


@pytest.mark.parametrize("streamed", [False, True])
async def test_T27_T29_what_the_model_invents_is_replaced(
    ask: Ask, served: Served, upstream: ScriptedUpstream, streamed: bool
) -> None:
    said = "Try 5555 5555 5555 4444 or 4111 1111 1111 1111, thanks."
    upstream.scripts = [stream(*words(said)) if streamed else completion({"content": said})]
    reply = await ask(user("My card is 4111111111111111"), stream=streamed)
    text = (
        "".join([c.choices[0].delta.content or "" async for c in reply if c.choices])
        if streamed
        else reply.choices[0].message.content
    )
    assert text == "Try [CREDIT_CARD] or 4111 1111 1111 1111, thanks."
    assert served.records()[-1]["invented"] == {"CREDIT_CARD": 1}


async def test_T56_no_value_is_put_into_an_image_address(
    ask: Ask, upstream: ScriptedUpstream
) -> None:
    def injected(seen: ReceivedRequest) -> Script:
        placeholder = seen.json()["messages"][-1]["content"].split()[-1]
        return completion({"content": f"Hi {placeholder} ![x](https://x.example/?q={placeholder})"})

    upstream.scripts = [injected]
    reply = await ask(user("I am kenji.tanaka@example.co.jp"))
    text = reply.choices[0].message.content
    assert text.startswith(
        "Hi kenji.tanaka@example.co.jp ![x](https://x.example/?q=[EMAIL_ADDRESS_"
    )


async def test_several_choices_are_kept_apart(ask: Ask, upstream: ScriptedUpstream) -> None:
    def two(seen: ReceivedRequest) -> Script:
        said = seen.json()["messages"][-1]["content"]
        message = {"role": "assistant", "content": said}
        choices = [{"index": i, "message": message, "finish_reason": "stop"} for i in (0, 1)]
        return completion({}, choices=choices)

    upstream.scripts = [two]
    reply = await ask(user(TEXT), n=2)
    assert [choice.message.content for choice in reply.choices] == [TEXT, TEXT]


async def test_reasoning_is_scanned_and_restored(ask: Ask, upstream: ScriptedUpstream) -> None:
    def thinks(seen: ReceivedRequest) -> Script:
        said = seen.json()["messages"][-1]["content"]
        return stream(*({"reasoning_content": c} for c in said), *words("done", 2))

    upstream.scripts = [thinks]
    thought = ""
    async for chunk in await ask(user(TEXT), stream=True):
        if chunk.choices:
            thought += (chunk.choices[0].delta.model_extra or {}).get("reasoning_content") or ""
    assert thought == TEXT


async def test_models_are_listed_for_callers_only(served: Served) -> None:
    async with served.client() as client:
        assert {model.id async for model in client.models.list()} == {
            "deepseek-r1",
            "deepseek-reasoner",
        }
    async with served.client(api_key="sk-sekisho-another-key") as stranger:
        with pytest.raises(openai.AuthenticationError) as caught:
            await stranger.models.list()
    assert caught.value.code == "invalid_key"
