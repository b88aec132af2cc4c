"""The cost of routing and sending a request: the selection of a deployment, and each kind of upstream, in one run.

A bare aiohttp session to the same server is the baseline: the difference is the gateway's cost. The selection is among three replicas for
a chat of ten turns, whose replica is remembered. All take turns, so that a change in the machine's speed affects all of them.

Run with ``python -m bench.routing [--json] [--requests N]``; without litellm its row is left out.
"""

import argparse
import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Final, TypeAlias

import aiohttp
import orjson
from aiohttp import web

from bench.measure import percentile
from bench.payloads import MODEL, chat
from bench.subjects import deployment
from bench.upstream import Upstream
from gateway.app import wire_check
from gateway.dialects.openai.chat import OpenAIChat
from gateway.policy.decide.permit import Cleared, clear
from gateway.redact.vault import RequestVault
from gateway.routing.catalogue import Catalogue
from gateway.routing.router import Router
from gateway.settings.deployments import DeploymentSettings
from gateway.settings.root import Settings
from gateway.types import Decision, MaskedCall, Verdict
from gateway.upstream.http import HttpUpstream
from gateway.upstream.litellm.adapter import LitellmAdapter
from gateway.upstream.litellm.library import fault
from gateway.upstream.protocol.openai import OpenAIAdapter

_QUESTION: Final = {"messages": [{"role": "user", "content": "How is the weather today? " * 20}]}
_LITELLM: Final = {"kind": "litellm", "family": "mistral"}

SendRequest: TypeAlias = Callable[[], Awaitable[None]]


async def measure(requests: int) -> dict[str, object]:
    """Microseconds at p50 and p99 by row, and each upstream's p50 above the bare session's."""
    async with _server() as url, _bare(url) as bare, _gateway_url(url, {}) as direct:
        subjects: dict[str, SendRequest] = {
            "bare session": bare,
            "choice": _choice(),
            "direct": direct,
        }
        if fault():
            times = await _times(subjects, requests)
        else:
            async with _gateway_url(url, _LITELLM) as translated:
                times = await _times({**subjects, "litellm": translated}, requests)
    rows = {name: {"p50": percentile(t, 50), "p99": percentile(t, 99)} for name, t in times.items()}
    least = rows["bare session"]["p50"]
    return {
        "requests": requests,
        "microseconds": rows,
        "above_bare": {n: row["p50"] - least for n, row in rows.items() if n != "choice"},
    }


async def _times(subjects: dict[str, SendRequest], requests: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in subjects}
    for ask in subjects.values():  # warm up: open connections, build models
        await ask()
    for _ in range(requests):
        for name, ask in subjects.items():
            began = time.perf_counter()
            await ask()
            times[name].append((time.perf_counter() - began) * 1e6)
    return times


@asynccontextmanager
async def _server() -> AsyncIterator[str]:
    runner = web.AppRunner(Upstream().app())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _bare(url: str) -> AsyncIterator[SendRequest]:
    async with aiohttp.ClientSession() as session:

        async def ask() -> None:
            body = orjson.dumps({**_QUESTION, "model": "bench"})
            async with session.post(f"{url}/chat/completions", data=body) as reply:
                orjson.loads(await reply.read())

        yield ask


@asynccontextmanager
async def _gateway_url(url: str, kind: dict[str, str]) -> AsyncIterator[SendRequest]:
    settings = DeploymentSettings.model_validate(
        {
            "base_url": url,
            "model": "bench",
            "operator": "self",
            "zone": "in-house",
            "datacentre": "JP",
            "weights": "deepseek-r1",
            **kind,
        }
    )
    speech = LitellmAdapter(settings) if kind else OpenAIAdapter(settings, lambda _: None)
    upstream = HttpUpstream(
        "bench", settings, speech, wire_check=wire_check, host_refusal=lambda _: None
    )
    cleared = _cleared(settings)
    await upstream.start()

    async def ask() -> None:
        async with aclosing(upstream.send(cleared)) as reply:
            async for _ in reply:
                pass

    try:
        yield ask
    finally:
        await upstream.close()


def _choice() -> SendRequest:
    """A slot at one of three replicas, acquired and released."""
    replicas = {name: deployment("http://127.0.0.1:9/v1") for name in ("a", "b", "c")}
    settings = Settings.model_validate(
        {
            "keys": {"ring_file": "ring.json"},
            "audit": {"store": "sqlite:///audit.db"},
            "models": {MODEL: {"deployments": list(replicas)}},
            "deployments": replicas,
        }
    )
    entry = Catalogue(settings).resolve(MODEL)
    router, decision = Router(settings), _decision(*replicas)
    call = OpenAIChat().parse(chat(range(9), 9), "chat.completions")

    async def ask() -> None:
        plan = router.plan(decision, entry, entry.deployments, call, "bench")
        _, lease = await plan.take()
        lease.end(None)

    return ask


def _decision(*permitted: str) -> Decision:
    verdict = Verdict(
        allow=True,
        reasons=(),
        shadow_reasons=(),
        treatment={},
        reasoning="pass",
        output_depth="patterns",
        output_treatment={},
        output_use="allowed",
    )
    return Decision(
        id="bench",
        allow=True,
        reasons=(),
        shadow_reasons=(),
        candidates=dict.fromkeys(permitted, verdict),
        revision="",
        facts_hash="",
    )


def _cleared(settings: DeploymentSettings) -> Cleared:
    """A question with one masked value, so that the wire check has something to search for."""
    vault = RequestVault(b"k" * 32, "bench")
    vault.put("PERSON", "Kenji Tanaka")
    call = MaskedCall(
        dialect="openai",
        operation="chat.completions",
        model="bench",
        stream=False,
        document={},
        neutral=_QUESTION,
        redactions={},
    )
    to = settings.deployment("bench")
    return clear(call=call, vault=vault, decision=_decision("bench"), deployment=to)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--requests", type=int, default=500)
    options = parser.parse_args()
    figures = asyncio.run(measure(options.requests))
    print(json.dumps(figures, indent=None if options.json else 2))


if __name__ == "__main__":
    main()
