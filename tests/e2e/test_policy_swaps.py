"""Policies change under load: each request is decided by one whole revision, which its reply and record name."""

import asyncio
import os
import shutil
import signal
from pathlib import Path

import aiohttp
import openai
import pytest

from gateway.policy.compile.build import Build, build
from tests.parts.commands import Process
from tests.parts.gateways import KEY, Served, serving
from tests.parts.opa import ROOT
from tests.parts.scripted import ScriptedUpstream, completion

SWAPS = 100
CLIENTS = 4
BODY = {"model": "deepseek-r1", "messages": [{"role": "user", "content": "What is 2 + 2?"}]}


def edit(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))


def variants(folder: Path) -> list[Build]:
    """Revisions that allow and refuse in turn, by a rule and by a pack."""
    shutil.copytree(ROOT / "policies", folder)
    found = [build(folder)]
    edit(folder, "data/settings.yaml", "developer: []", "developer: [CN]")
    found.append(build(folder))
    edit(folder, "data/settings.yaml", "developer: [CN]", "developer: [FR]")
    found.append(build(folder))
    edit(folder, "data/settings.yaml", "no-deepseek-cloud: enforce", "us-ndaa-1532: enforce")
    found.append(build(folder))
    return found


async def test_T36_a_hundred_swaps_under_load(tmp_path: Path) -> None:
    builds = variants(tmp_path / "policies")
    allows = {one.revision: index % 2 == 0 for index, one in enumerate(builds)}
    async with ScriptedUpstream(completion({"content": "4"})) as upstream:
        async with serving(tmp_path, base_url=upstream.base_url) as served:
            ended = asyncio.Event()
            clients = [asyncio.ensure_future(_ask(served, ended)) for _ in range(CLIENTS)]
            for number in range(SWAPS):
                await served.gateway.pipeline.policy.swap(builds[(number + 1) % len(builds)])
                await asyncio.sleep(0.01)
            ended.set()
            answers = [answer for answered in await asyncio.gather(*clients) for answer in answered]
            records = served.records(limit=100_000)
    assert len(answers) >= SWAPS / 4
    assert {status for status, _, _ in answers} <= {200, 403}
    assert [one for one in answers if (one[0] == 200) != allows[one[1]]] == []
    assert len({revision for _, revision, _ in answers}) == len(builds)
    recorded = {record["request_id"]: record["revision"] for record in records}
    assert recorded == {request_id: revision for _, revision, request_id in answers}


async def _ask(served: Served, ended: asyncio.Event) -> list[tuple[int, str, str]]:
    """Status, revision and request id of one call after another."""
    answers = []
    headers = {"authorization": f"Bearer {KEY}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        while not ended.is_set():
            async with session.post(f"{served.base_url}/chat/completions", json=BODY) as reply:
                await reply.read()
                revision = reply.headers["x-sekisho-policy"]
                answers.append((reply.status, revision, reply.headers["x-request-id"]))
    return answers


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no SIGHUP here")
async def test_files_are_taken_up_at_sighup_and_refused_whole_when_they_have_a_fault(
    tmp_path: Path,
) -> None:
    folder = Path(shutil.copytree(ROOT / "policies", tmp_path / "policies"))
    policy = {"path": str(folder), "watch_seconds": 0}
    async with ScriptedUpstream(completion({"content": "4"})) as upstream:
        async with Process(
            tmp_path, base_url=upstream.base_url, policy=policy, detect={"processes": 1}
        ) as gateway:
            client = openai.AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key=KEY, max_retries=0)
            async with client:
                first = await _revision(client)
                edit(folder, "data/settings.yaml", "developer: []", "developer: [China]")
                os.kill(gateway.process.pid, signal.SIGHUP)
                await _until(gateway, 'sekisho_policy_stale{role="live"} 1.0')
                assert await _revision(client) == first, "the last good one serves"
                edit(folder, "data/settings.yaml", "developer: [China]", "developer: [CN]")
                os.kill(gateway.process.pid, signal.SIGHUP)
                await _until(gateway, 'sekisho_policy_stale{role="live"} 0.0')
                with pytest.raises(openai.PermissionDeniedError) as refused:
                    await _revision(client)
                assert refused.value.response.headers["x-sekisho-policy"] == build(folder).revision
    log = (tmp_path / "gateway.log").read_text()
    assert "policy_refused" in log
    assert "denied_countries.developer" in log


async def _revision(client: openai.AsyncOpenAI) -> str:
    reply = await client.chat.completions.with_raw_response.create(**BODY)  # type: ignore[call-overload]
    return str(reply.headers["x-sekisho-policy"])


async def _until(gateway: Process, line: str) -> None:
    async with asyncio.timeout(60), aiohttp.ClientSession() as session:
        while True:
            async with session.get(f"http://127.0.0.1:{gateway.admin_port}/metrics") as reply:
                if line in await reply.text():
                    return
            await asyncio.sleep(0.05)


async def test_a_candidate_decides_beside_the_live_policies_with_no_effect(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(ROOT / "policies", tmp_path / "candidate"))
    edit(folder, "data/settings.yaml", "developer: []", "developer: [CN]")
    policy = {"path": str(ROOT / "policies"), "candidate": str(folder)}
    async with ScriptedUpstream(completion({"content": "4"})) as upstream:
        async with serving(tmp_path, base_url=upstream.base_url, policy=policy) as served:
            async with served.client() as client:
                await _revision(client)
            (_, outcome) = served.records()
            metrics = served.gateway.metrics.render().decode()
    assert outcome["outcome"] == "served"
    assert outcome["trial_change"] == "newly_denied"
    assert outcome["trial_reasons"] == ("developer-country",)
    assert outcome["trial_revision"] == build(folder).revision
    assert 'sekisho_policy_trials_total{change="newly_denied"} 1.0' in metrics


async def test_an_output_says_what_it_may_be_used_for_and_the_record_holds_the_lineage(
    tmp_path: Path,
) -> None:
    async with ScriptedUpstream(completion({"content": "4"})) as upstream:
        async with serving(tmp_path, base_url=upstream.base_url) as served:
            async with served.client() as client:
                headers = {"x-sekisho-purpose": "distillation"}
                reply = await client.chat.completions.with_raw_response.create(
                    **BODY,  # type: ignore[call-overload]
                    extra_headers=headers,
                )
                assert reply.headers["x-sekisho-output-use"] == "train=allowed"
                with pytest.raises(openai.PermissionDeniedError) as refused:
                    await client.chat.completions.create(
                        **BODY,  # type: ignore[call-overload]
                        extra_headers={"x-sekisho-purpose": "world domination"},
                    )
            (_, outcome, refusal) = served.records()
    assert outcome["purpose"] == "distillation"
    assert outcome["lineage"]["developer"] == "DeepSeek"
    assert "opensource.org" in outcome["lineage"]["source"]
    assert refused.value.body["code"] == "purpose_forbidden"  # type: ignore[index]
    assert refusal["purpose"] == "(unlisted)"
    assert b"sekisho-purpose" not in upstream.received.lower()
