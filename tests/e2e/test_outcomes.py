"""What a caller gets for each way in which a model server fails: with another that is permitted, and with none."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.parts.configuration import deployment
from tests.parts.gateways import Served, serving
from tests.parts.scripted import (
    ReceivedRequest,
    Script,
    ScriptedUpstream,
    chunk,
    completion,
    stream,
)

PLANTED = "kenji.tanaka@example.co.jp"
QUICK = {"first_event": 0.5, "whole_reply": 0.5, "between_events": 0.3}
EVENTS = {"content-type": "text/event-stream"}


def other(seen: ReceivedRequest) -> Script:
    """The deployment that works."""
    return stream({"content": "ok"}) if seen.json().get("stream") else completion({"content": "ok"})


@pytest.fixture
async def sick() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream(Script()) as running:
        yield running


@pytest.fixture
async def well() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream(other) as running:
        yield running


@asynccontextmanager
async def gateway(
    folder: Path,
    sick: str,
    well: str | None,
    *,
    contexts: tuple[int | None, int | None] = (None, None),
    **routing: Any,
) -> AsyncIterator[Served]:
    """A gateway before a deployment that fails and, it may be, a second one that comes after it."""
    places = {"sick": deployment(sick, timeouts=QUICK, context=contexts[0])}
    if well is not None:
        places["well"] = deployment(well, priority=1, context=contexts[1])
    async with serving(
        folder,
        deployments=places,
        models={"deepseek-r1": {"deployments": list(places)}},
        routing=routing,
    ) as served:
        yield served


async def ask(served: Served, *, streamed: bool) -> str:
    """The text of the reply."""
    messages: Any = [{"role": "user", "content": f"Write to {PLANTED}"}]
    async with served.client() as client:
        if not streamed:
            whole = await client.chat.completions.create(model="deepseek-r1", messages=messages)
            return whole.choices[0].message.content or ""
        text = ""
        async with await client.chat.completions.create(
            model="deepseek-r1", messages=messages, stream=True
        ) as reply:
            async for piece in reply:
                text += "".join(choice.delta.content or "" for choice in piece.choices)
        return text


async def refused(served: Served, *, streamed: bool = False) -> openai.APIStatusError:
    with pytest.raises(openai.APIStatusError) as caught:
        await ask(served, streamed=streamed)
    return caught.value


def attempts(served: Served) -> list[tuple[str, str, str]]:
    return [
        (row["deployment"], row["outcome"], row["code"])
        for row in served.records()
        if row["kind"] == "outcome"
    ]


def status(code: int, **headers: str) -> Script:
    body = b'{"error": {"message": "quoting kenji.tanaka@example.co.jp"}}'
    return Script(
        status=code, headers={"content-type": "application/json", **headers}, chunks=(body,)
    )


ELSEWHERE = [
    pytest.param(status(429, **{"retry-after": "7"}), 429, "upstream_rate_limited", id="429-when"),
    pytest.param(status(429), 429, "upstream_rate_limited", id="429"),
    pytest.param(status(500), 502, "upstream_error", id="500"),
    pytest.param(status(503), 502, "upstream_error", id="503"),
    pytest.param(Script(silence=True), 504, "upstream_timeout", id="silence"),
    pytest.param(Script(reset=True), 502, "upstream_error", id="reset-before-headers"),
    pytest.param(
        Script(chunks=(b'{"error": {"message": "no", "code": 500}}',)),
        502,
        "upstream_error",
        id="200-with-an-error",
    ),
]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(("script", "told", "code"), ELSEWHERE)
async def test_T14_before_the_first_event_another_deployment_answers(
    sick: ScriptedUpstream,
    well: ScriptedUpstream,
    tmp_path: Path,
    script: Script,
    told: int,
    code: str,
    streamed: bool,
) -> None:
    sick.scripts = [script]
    async with gateway(tmp_path, sick.base_url, well.base_url) as served:
        assert await ask(served, streamed=streamed) == "ok"
        assert attempts(served) == [("sick", "failed", code), ("well", "served", "")]
    assert (len(sick.requests), len(well.requests)) == (1, 1)
    assert PLANTED.encode() not in sick.received + well.received


@pytest.mark.parametrize(("script", "told", "code"), ELSEWHERE)
async def test_with_no_other_deployment_the_caller_gets_one_defined_error(
    sick: ScriptedUpstream, tmp_path: Path, script: Script, told: int, code: str
) -> None:
    sick.scripts = [script]
    async with gateway(tmp_path, sick.base_url, None) as served:
        error = await refused(served)
        assert (error.status_code, error.code) == (told, code)
        assert PLANTED not in error.response.text
        assert error.response.headers.get("retry-after") == script.headers.get("retry-after")
        assert attempts(served) == [("sick", "failed", code)]


async def test_a_refused_connection_goes_elsewhere(well: ScriptedUpstream, tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound and not listening: the kernel refuses
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
        async with gateway(tmp_path, nobody, well.base_url) as served:
            assert await ask(served, streamed=True) == "ok"
            assert attempts(served)[0] == ("sick", "failed", "upstream_error")


async def test_a_deployment_that_said_when_is_left_alone_until_then(
    sick: ScriptedUpstream, well: ScriptedUpstream, tmp_path: Path
) -> None:
    sick.scripts = [status(429, **{"retry-after": "60"}), other]
    async with gateway(tmp_path, sick.base_url, well.base_url) as served:
        for _ in range(3):
            assert await ask(served, streamed=False) == "ok"
        assert (len(sick.requests), len(well.requests)) == (1, 3)
        for slot in served.gateway.pipeline.router.slots.values():
            slot.health._clock = lambda: time.monotonic() + 61
        assert await ask(served, streamed=False) == "ok"
        assert (len(sick.requests), len(well.requests)) == (2, 3)


async def test_a_slow_first_token_is_waited_for(
    sick: ScriptedUpstream, well: ScriptedUpstream, tmp_path: Path
) -> None:
    sick.scripts = [stream({"content": "slow"}, pause=0.15)]
    async with gateway(tmp_path, sick.base_url, well.base_url) as served:
        assert await ask(served, streamed=True) == "slow"
    assert well.requests == []


SAID = chunk({"content": "Hello there "})
BROKEN = [
    pytest.param(stream(SAID, done=False, cut=True), "upstream_error", id="cut"),
    pytest.param(stream(SAID, done=False), "upstream_error", id="ended-unfinished"),
    pytest.param(stream(SAID, SAID, pause=0.4), "upstream_timeout", id="stalled"),
    pytest.param(stream(SAID, b"data: {broken\n\n"), "upstream_error", id="malformed-chunk"),
    pytest.param(
        stream(SAID, b'data: {"error": {"message": "x", "code": 500}}\n\n'),
        "upstream_error",
        id="error-in-the-stream",
    ),
    pytest.param(
        stream(SAID, b'data: {"error": {"code": "content_filter"}}\n\n'),
        "content_filter",
        id="filtered-in-the-stream",
    ),
]


@pytest.mark.parametrize(("script", "code"), BROKEN)
async def test_T21_after_the_first_event_the_stream_ends_with_an_error_and_nobody_else_is_asked(
    sick: ScriptedUpstream, well: ScriptedUpstream, tmp_path: Path, script: Script, code: str
) -> None:
    sick.scripts = [script]
    async with gateway(tmp_path, sick.base_url, well.base_url) as served:
        with pytest.raises(openai.APIError) as caught:
            await ask(served, streamed=True)
        assert caught.value.code == code
        assert attempts(served) == [("sick", "failed", code)]
    assert well.requests == []


@pytest.mark.parametrize(
    "script",
    [
        Script(headers=EVENTS, chunks=(b": hello\n\n",), cut=True),
        Script(headers=EVENTS, chunks=(chunk({"role": "assistant"}),), cut=True),
        Script(headers=EVENTS, chunks=(b"data: {broken\n\n",)),
        Script(headers=EVENTS, chunks=(b'data: {"error": {"message": "x"}}\n\n',)),
    ],
    ids=["cut", "cut-after-the-role", "malformed-chunk", "error"],
)
async def test_a_stream_that_breaks_before_its_first_event_goes_elsewhere(
    sick: ScriptedUpstream, well: ScriptedUpstream, tmp_path: Path, script: Script
) -> None:
    sick.scripts = [script]
    async with gateway(tmp_path, sick.base_url, well.base_url) as served:
        assert await ask(served, streamed=True) == "ok"


async def test_a_missing_done_is_no_fault_when_every_choice_has_ended(
    sick: ScriptedUpstream, tmp_path: Path
) -> None:
    whole = (chunk({"content": "all"}), chunk({}, finish="stop"))
    sick.scripts = [Script(headers=EVENTS, chunks=whole)]
    async with gateway(tmp_path, sick.base_url, None) as served:
        assert await ask(served, streamed=True) == "all"
        assert attempts(served) == [("sick", "served", "")]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(
    ("code", "body", "told"),
    [
        (400, b'{"error": {"code": 400, "type": "exceed_context_size_error"}}', "context_length_exceeded"),
        (400, b'{"error": {"code": "content_filter", "status": 400}}', "content_filter"),
        (200, b'{"error": {"code": "content_filter"}}', "content_filter"),
        (400, b'{"error": {"message": "top_k"}}', "upstream_rejected"),
    ],
    ids=["context-too-long", "content-filter", "content-filter-in-a-200", "rejected"],
)  # fmt: skip
async def test_T37_what_concerns_the_request_is_told_and_nobody_else_is_asked(
    sick: ScriptedUpstream,
    well: ScriptedUpstream,
    tmp_path: Path,
    code: int,
    body: bytes,
    told: str,
    streamed: bool,
) -> None:
    headers = EVENTS if code == 200 and streamed else {"content-type": "application/json"}
    data = b"data: " + body + b"\n\n" if headers is EVENTS else body
    sick.scripts = [Script(status=code, headers=headers, chunks=(data,))]
    async with gateway(tmp_path, sick.base_url, well.base_url) as served:
        error = await refused(served, streamed=streamed)
        assert (error.status_code, error.code) == (400, told)
        assert error.response.headers["x-should-retry"] == "false"
    assert well.requests == []


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
async def test_what_was_too_long_is_answered_where_there_is_more_room(
    sick: ScriptedUpstream, well: ScriptedUpstream, tmp_path: Path, streamed: bool
) -> None:
    said = b'{"error": {"code": 400, "type": "exceed_context_size_error"}}'
    sick.scripts = [Script(status=400, chunks=(said,))]
    async with gateway(tmp_path, sick.base_url, well.base_url, contexts=(4096, 8192)) as served:
        assert await ask(served, streamed=streamed) == "ok"
        assert attempts(served) == [
            ("sick", "failed", "context_length_exceeded"),
            ("well", "served", ""),
        ]


async def test_a_filtered_reply_is_a_reply(sick: ScriptedUpstream, tmp_path: Path) -> None:
    sick.scripts = [completion({"content": ""}, finish="content_filter")]
    async with gateway(tmp_path, sick.base_url, None) as served, served.client() as client:
        reply = await client.chat.completions.create(
            model="deepseek-r1", messages=[{"role": "user", "content": "Hi"}]
        )
    assert reply.choices[0].finish_reason == "content_filter"


async def test_a_flapping_primary_is_left_alone_for_longer_each_time(
    sick: ScriptedUpstream, well: ScriptedUpstream, tmp_path: Path
) -> None:
    sick.scripts = [status(500)]
    async with gateway(
        tmp_path, sick.base_url, well.base_url, failures=1, pause_seconds=0.3
    ) as served:
        began = time.monotonic()
        for _ in range(12):
            assert await ask(served, streamed=False) == "ok"
            await asyncio.sleep(0.1)
        pauses, longest = time.monotonic() - began, 0.3
        tries = 1
        while pauses > longest:
            pauses, longest, tries = pauses - longest, longest * 2, tries + 1
    assert 2 <= len(sick.requests) <= tries < 12


async def test_all_deployments_down_is_a_503_that_says_when(
    sick: ScriptedUpstream, tmp_path: Path
) -> None:
    sick.scripts = [status(500)]
    async with gateway(
        tmp_path, sick.base_url, sick.base_url, failures=1, pause_seconds=60
    ) as served:
        first = await refused(served)
        assert (first.status_code, first.code) == (502, "upstream_error")
        assert [row[0] for row in attempts(served)] == ["sick", "well"]
        then = await refused(served)
        assert (then.status_code, then.code) == (503, "no_deployment")
        assert 1 <= int(then.response.headers["retry-after"]) <= 60
        assert served.records()[-1]["kind"] == "refusal"
    assert len(sick.requests) == 2


async def test_T36_a_deployment_that_policy_refuses_is_no_way_out(
    sick: ScriptedUpstream, well: ScriptedUpstream, tmp_path: Path
) -> None:
    sick.scripts = [status(500)]
    places = {
        "sick": deployment(sick.base_url),
        "denied": deployment(well.base_url, operator="deepseek", zone="public-cloud"),
    }
    async with serving(
        tmp_path,
        deployments=places,
        models={"deepseek-r1": {"deployments": list(places)}},
    ) as served:
        for _ in range(5):
            error = await refused(served)
            assert error.code in ("upstream_error", "no_deployment")
    assert well.connections == 0


async def test_a_full_deployment_makes_the_rest_wait_and_then_refuses(
    sick: ScriptedUpstream, tmp_path: Path
) -> None:
    sick.scripts = [Script(chunks=completion({"content": "ok"}).chunks, pause=3.0)]
    places = {"sick": deployment(sick.base_url, concurrency=1)}
    async with serving(
        tmp_path,
        deployments=places,
        models={"deepseek-r1": {"deployments": ["sick"]}},
        routing={"queue": 1, "queue_seconds": 60},
    ) as served:
        running = [asyncio.ensure_future(ask(served, streamed=False))]
        await _until(lambda: len(sick.requests) == 1)
        running.append(asyncio.ensure_future(ask(served, streamed=False)))
        await _until(lambda: len(served.gateway.pipeline.router._waiting) == 1)
        error = await refused(served)
        assert (error.status_code, error.code) == (503, "overloaded")
        assert error.response.headers["retry-after"] == "1"
        assert await asyncio.gather(*running) == ["ok", "ok"]


async def test_probes_take_a_deployment_out_before_any_request_meets_it(
    sick: ScriptedUpstream, well: ScriptedUpstream, tmp_path: Path
) -> None:
    sick.scripts = [status(503)]
    probe = {"seconds": 0.05, "failures": 1}
    places = {
        "sick": deployment(sick.base_url, probe=probe),
        "well": deployment(well.base_url, priority=1),
    }
    async with serving(
        tmp_path, deployments=places, models={"deepseek-r1": {"deployments": list(places)}}
    ) as served:
        await _until(lambda: bool(sick.requests))
        await asyncio.sleep(0.1)
        assert await ask(served, streamed=False) == "ok"
        assert {seen.line for seen in sick.requests} == {"GET /health HTTP/1.1"}
        assert attempts(served) == [("well", "served", "")]


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.01)
