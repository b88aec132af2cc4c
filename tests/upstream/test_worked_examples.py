"""Each worked example of docs/deployments.md: it loads, policy permits it, and what leaves is what the page shows."""

import functools
import json
import re
from contextlib import aclosing
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest
import yaml

from gateway.app import compose
from gateway.dialects.openai.chat import OpenAIChat
from gateway.policy.compile.build import Build, build
from gateway.policy.decide.decider import Decider
from gateway.policy.decide.embedded import EmbeddedEngine
from gateway.policy.decide.permit import clear
from gateway.redact.reasoning_tags import ThinkSplitter
from gateway.settings.load import load
from gateway.settings.root import Settings
from gateway.types import Decision, Event, ReasoningDelta, TextDelta
from tests.dialects.requests import parse
from tests.parts.commands import ENVIRON, write_config
from tests.parts.gateways import detector
from tests.parts.opa import ROOT
from tests.parts.scripted import ReceivedRequest, Script, ScriptedUpstream, completion
from tests.parts.vendors import whole
from tests.policy.samples import known
from tests.redact.samples import vault

PAGE = (ROOT / "docs" / "deployments.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## Worked examples: R1\n")[2]
KEY = "k-4f1c"
OURS = {"host", "content-type", "content-length", "accept", "accept-encoding", "user-agent"}
"""Headers of every request; the page names them once."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """One section of the page: what to configure, and the request that it promises."""

    title: str
    document: dict[str, Any]
    line: str
    headers: dict[str, str]
    body: Any


def examples() -> list[Example]:
    return [_example(section) for section in SECTION.split("\n### ")[1:]]


def _example(section: str) -> Example:
    (document,) = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
    (request,) = re.findall(r"```http\n(.*?)```", section, re.DOTALL)
    head, _, body = request.partition("\n\n")
    line, *headers = head.split("\n")
    return Example(
        title=section.partition("\n")[0],
        document=yaml.safe_load(document),
        line=line,
        headers=dict(header.split(": ", 1) for header in headers),
        body=json.loads(body),
    )


(CALL,) = re.findall(r"```json\n(.*?)```", SECTION.partition("\n### ")[0], re.DOTALL)
EXAMPLES = examples()
every_example = pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.title)

THOUGHT, ANSWER = "The user asks who I am.", "I am DeepSeek-R1."
FIELD = {"content": ANSWER, "tool_calls": None}
INLINE = completion({"content": f"<think>\n{THOUGHT}\n</think>\n\n{ANSWER}"})
"""A server without a parser, and Vertex AI (https://cloud.google.com/vertex-ai/generative-ai/docs/maas/deepseek)."""
REPLIES: dict[str, Script] = {
    # https://docs.vllm.ai/en/latest/features/reasoning_outputs.html
    "vLLM": completion({**FIELD, "reasoning": THOUGHT, "refusal": None}),
    # https://docs.sglang.ai/advanced_features/separate_reasoning.html
    "SGLang": completion({**FIELD, "reasoning_content": THOUGHT}, metadata={"weight_version": "default"}),
    # https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
    "llama.cpp": completion(
        {"content": ANSWER, "reasoning_content": THOUGHT}, timings={"prompt_n": 9, "predicted_ms": 1.5}
    ),
    # https://github.com/ollama/ollama/blob/main/openai/openai.go
    "Ollama": completion({"content": ANSWER, "reasoning": THOUGHT}, system_fingerprint="fp_ollama"),
    "NVIDIA NIM, on your own machines": INLINE,
    # https://learn.microsoft.com/en-us/azure/foundry/foundry-models/tutorials/get-started-deepseek-r1
    "Azure AI Foundry": completion(
        {**FIELD, "reasoning_content": THOUGHT}, prompt_filter_results=[{"prompt_index": 0}]
    ),
    # https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
    "Amazon Bedrock": whole(
        {
            "output": {
                "message": {
                    "role": "assistant",
                    "content": [{"text": ANSWER}, {"reasoningContent": {"reasoningText": {"text": THOUGHT}}}],
                }
            },
            "stopReason": "end_turn",
            "usage": {"inputTokens": 9, "outputTokens": 30, "totalTokens": 39},
            "metrics": {"latencyMs": 2814},
        }
    ),
    "Google Vertex AI": INLINE,
    "On a device: Foundry Local": INLINE,
    "On a device: Ollama": completion({"content": ANSWER, "reasoning": THOUGHT}),
}  # fmt: skip


def configured(example: Example, folder: Path) -> Settings:
    """The example as ``sekisho.yaml``, read as ``serve`` reads it; its secret is a file in ``folder``."""
    (folder / "key").write_text(KEY)
    path = write_config(folder, **example.document)
    path.write_text(re.sub(r"/run/secrets/\S+", str(folder / "key"), path.read_text()))
    return load(path, ENVIRON)


@functools.cache
def policies() -> Build:
    """The shipped policies."""
    return build(ROOT / "policies")


async def decided(settings: Settings) -> Decision:
    """What they say of the example's deployment, where it is configured to be."""
    shipped = policies()
    ((name, place),) = settings.deployments.items()
    return await Decider(shipped, EmbeddedEngine(shipped)).decide(
        known(shipped, place.deployment(name))
    )


def moved(settings: Settings, port: int) -> Settings:
    """The same, with the origin of the deployment's URL on this machine."""
    ((name, place),) = settings.deployments.items()
    here = f"http://127.0.0.1:{port}{urlsplit(place.base_url).path}"
    place = place.model_copy(update={"base_url": here, "addresses": "private"})
    return settings.model_copy(update={"deployments": {name: place}})


async def sent(
    settings: Settings, decision: Decision, reply: Script
) -> tuple[ReceivedRequest, list[Event]]:
    """The request that leaves for the page's call, and what is read of the reply."""
    ((name, place),) = settings.deployments.items()
    masked = OpenAIChat().rebuild(parse(orjson.loads(CALL)), {}, {})
    permission = clear(
        call=masked, vault=vault(), decision=decision, deployment=place.deployment(name)
    )
    async with ScriptedUpstream(reply) as server:
        gateway = compose(moved(settings, server.port), ENVIRON, detector=detector())
        upstream = gateway.upstreams[name]
        await upstream.start()
        try:
            async with aclosing(upstream.send(permission)) as batches:
                events = [event async for batch in batches for event in batch]
        finally:
            await upstream.close()
    (seen,) = server.requests
    return seen, events


def heard(events: list[Event]) -> tuple[str, str]:
    """Reasoning and text, as the reply's reader tells them apart."""
    splitter = ThinkSplitter(strict=False)
    thought = "".join(event.text for event in events if isinstance(event, ReasoningDelta))
    pieces = [p for e in events if isinstance(e, TextDelta) for p in splitter.feed(e.text)]
    pieces += splitter.flush()
    thought += "".join(text for reasoning, text in pieces if reasoning)
    return thought.strip(), "".join(text for reasoning, text in pieces if not reasoning).strip()


def test_every_place_that_is_promised_has_its_example() -> None:
    assert [example.title for example in EXAMPLES] == list(REPLIES)


@every_example
async def test_the_request_is_that_of_the_page(example: Example, tmp_path: Path) -> None:
    settings = configured(example, tmp_path)
    if "kind" in str(example.document) and find_spec("litellm") is None:
        pytest.skip("litellm is not installed")
    decision = await decided(settings)
    assert decision.allow, decision.candidates
    seen, events = await sent(settings, decision, REPLIES[example.title])
    assert seen.line == example.line
    headers = {name: value for name, value in seen.headers if name not in OURS}
    assert headers == {name: value.replace("KEY", KEY) for name, value in example.headers.items()}
    assert seen.json() == example.body
    assert heard(events) == (THOUGHT, ANSWER)
