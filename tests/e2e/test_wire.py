"""The last check before sending, on the running gateway: it refuses no ordinary request, and no broken masker gets past it."""

import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from gateway import pipeline as pipeline_module
from gateway.demo.leaks import leaked_values
from gateway.redact.mask import Masking, mask
from tests.e2e.test_matrix import IDENTIFIERS
from tests.parts.configuration import deployment
from tests.parts.echoes import echo
from tests.parts.gateways import Served, post, serving
from tests.parts.positions import chat, messages, ollama, user
from tests.parts.scripted import ScriptedUpstream
from tests.parts.surfaces import SURFACES, Surface

CARD = "4111 1111 1111 1111"
MODELS = ("gemma-3-27b", "deepseek-r1")

ORDINARY = {
    "B01": "My name is Max.",
    "B02-model": "My colleague Gemma Carter called; Gemma said yes.",
    "B02-role": "login as user role",
    "B02-content": "username: content please",
    "B03-number": "626. Notices sent 636. ",
    "B03-phone": "+81 90-3285-6015\n485",
    "B03-clauses": "".join(f"{n}. Notices sent {n + 10}. " for n in range(600, 680)),
    "B04-escape": r'{"t":"Dear Kenji\_Tanaka"}',
    "B04-password": r'{"cmd":"password=ab\qcd\efgh1234"}',
}
LIMITS: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"max_tokens": 50, "tools": [], "user": "u"},
    "/v1/completions": {"max_tokens": 50},
    "/v1/responses": {"max_output_tokens": 50},
    "/v1/messages": {"max_tokens": 50},
    "/api/chat": {"options": {"num_predict": 50}},
    "/api/generate": {"options": {"num_predict": 50}},
}

WAYS = [
    pytest.param(surface, streamed, id=f"{surface.name}-{'streamed' if streamed else 'whole'}")
    for surface in SURFACES
    for streamed in ((False, True) if surface.streamed else (False,))
]


@pytest.fixture(params=MODELS)
async def served(
    request: pytest.FixtureRequest, upstream: ScriptedUpstream, tmp_path: Path
) -> AsyncIterator[Served]:
    upstream.scripts = [echo]
    more = {"r1-b": deployment(upstream.base_url, model=request.param)}
    models = {"deepseek-r1": {"aliases": [], "deployments": ["r1-b"]}}
    async with serving(
        tmp_path, base_url=upstream.base_url, more_deployments=more, models=models
    ) as running:
        yield running


@pytest.mark.parametrize(("surface", "streamed"), WAYS)
async def test_B01_B02_B03_B04_ordinary_text_is_served(
    served: Served, upstream: ScriptedUpstream, surface: Surface, streamed: bool
) -> None:
    for name, text in ORDINARY.items():
        upstream.scripts = [echo]
        body = {**surface.body(text, stream=streamed), **LIMITS.get(surface.path, {})}
        status, reply = await post(served, surface.path, body)
        assert status == 200, (name, reply)
        if surface.streamed is not None:
            assert surface.text(reply, stream=streamed) == text, name


ARGUMENTS: dict[str, Callable[[str], tuple[str, dict[str, Any]]]] = {
    "chat": lambda raw: (
        "/v1/chat/completions",
        chat(
            user("go on"),
            {"role": "assistant", "content": None, "tool_calls": [_called(raw)]},
            {"role": "tool", "tool_call_id": "c1", "content": raw},
        ),
    ),
    "responses": lambda raw: (
        "/v1/responses",
        {
            "model": "deepseek-r1",
            "input": [
                user("go on"),
                {"type": "function_call", "call_id": "c1", "name": "send", "arguments": raw},
                {"type": "function_call_output", "call_id": "c1", "output": raw},
            ],
        },
    ),
    "messages": lambda raw: (
        "/v1/messages",
        messages(
            user("go on"),
            {
                "role": "assistant",
                "content": [
                    {"type": "tool_use", "id": "c1", "name": "send", "input": {"raw": raw}}
                ],
            },
            user([{"type": "tool_result", "tool_use_id": "c1", "content": raw}]),
        ),
    ),
    "ollama": lambda raw: (
        "/api/chat",
        {
            **ollama(
                user("go on"),
                {
                    "role": "assistant",
                    "content": "",
                    "tool_calls": [{"function": {"name": "send", "arguments": {"raw": raw}}}],
                },
                {"role": "tool", "content": raw, "tool_name": "send"},
            ),
            "stream": False,
        },
    ),
}


def _called(raw: str) -> dict[str, Any]:
    return {"id": "c1", "type": "function", "function": {"name": "send", "arguments": raw}}


@pytest.mark.parametrize("dialect", ARGUMENTS)
async def test_B04_arguments_and_results_that_are_no_json_are_served(
    served: Served, upstream: ScriptedUpstream, dialect: str
) -> None:
    for raw in (
        r'{"t":"Dear Kenji\_Tanaka"}',
        r'{"cmd":"password=ab\qcd\efgh1234"}',
        f'{{"t":"{CARD}',
        f'{{"t":"{CARD}\\',
        rf'{{"t":"\ud83d {CARD}"}}',
        f'{{"t":"{CARD}","t":"{CARD}"}}',
        f'{{"t": NaN, "u": "{CARD}"}}',
        f'\ufeff{{"t":"{CARD}"}}',
        "",
    ):
        upstream.scripts = [echo]
        status, reply = await post(served, *ARGUMENTS[dialect](raw))
        assert status == 200, (raw[:40], reply)
    assert leaked_values(upstream.received, [CARD, r"ab\qcd\efgh1234"]) == []


@pytest.mark.parametrize("surface", SURFACES, ids=lambda s: s.name)
async def test_T01_no_masker_that_forgets_is_trusted_at_any_position(
    upstream: ScriptedUpstream, tmp_path: Path, surface: Surface, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgetful(*args: Any, **kwargs: Any) -> Masking:
        return Masking(replacements={}, redactions=mask(*args, **kwargs).redactions)

    monkeypatch.setattr(pipeline_module, "mask", forgetful)
    outcomes: dict[str, int] = {}
    async with serving(tmp_path, base_url=upstream.base_url) as running:
        for position, build in surface.positions.items():
            for stream in {False, surface.streamed is not None}:
                body = surface.with_stream(build(CARD), stream=stream)
                status, reply = await post(running, surface.path, body)
                refused = status == 422 and position in IDENTIFIERS
                caught = status == 500 and b"redaction_failed" in reply
                # What has no place in the neutral form is left out, and the rest of the request is served.
                assert refused or caught or status == 200, (position, status, reply)
                outcomes[position] = status
    assert leaked_values(upstream.received, [CARD]) == []
    assert sum(status == 500 for status in outcomes.values()) > len(outcomes) // 2


@pytest.mark.parametrize("count", [10, 10_000])
async def test_B11_B112_a_call_full_of_look_alikes_is_masked_beside_the_loop(
    served: Served, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    threads: list[int] = []

    def masked(*given: Any) -> Masking:
        threads.append(threading.get_ident())
        return mask(*given)

    monkeypatch.setattr(pipeline_module, "mask", masked)
    text = " ".join(f"[A_{number:08d}]" for number in range(count))
    status, reply = await post(served, "/v1/chat/completions", chat(user(text)))
    assert status == 200
    assert SURFACES[0].text(reply, stream=False) == text
    assert (threads == [threading.get_ident()]) == (count == 10)
