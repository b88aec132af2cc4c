"""Several processes as one gateway: killed, replaced, drained, on one revision, and no record lost."""

import asyncio
import json
import shutil
import signal
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest

from gateway.audit.search import Query, search_all
from gateway.audit.store import log_files
from tests.parts.commands import Process, run
from tests.parts.configuration import deployment
from tests.parts.echoes import echo
from tests.parts.gateways import KEY
from tests.parts.opa import ROOT
from tests.parts.redis import RedisServer
from tests.parts.scripted import ReceivedRequest, Script, ScriptedUpstream, stream, words

HEADERS = {"authorization": f"Bearer {KEY}"}
WORKERS = 2


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[RedisServer]:
    async with RedisServer(tmp_path) as server:
        yield server


def fleet(folder: Path, redis: RedisServer, base_url: str, **changes: Any) -> Process:
    return Process(
        folder,
        base_url=base_url,
        workers=WORKERS,
        state={"url": redis.url},
        detect={"processes": 1, "languages": ["ja"]},
        **changes,
    )


def workers(gateway: Process) -> list[psutil.Process]:
    children = psutil.Process(gateway.process.pid).children()
    return [child for child in children if "worker" in child.cmdline()]


async def ask(gateway: Process, **more: Any) -> tuple[str, str]:
    """The request's id and the reply's text; both empty when the connection was lost."""
    body = {"model": "deepseek-r1", "messages": [{"role": "user", "content": "a@b.example"}]}
    try:
        async with (
            aiohttp.ClientSession(headers=HEADERS) as session,
            session.post(f"{gateway.url}/v1/chat/completions", json={**body, **more}) as reply,
        ):
            text = await reply.text()
            assert reply.status == 200, text
            return reply.headers["x-request-id"], text
    except aiohttp.ClientError:
        return "", ""


async def admin(gateway: Process, path: str) -> str:
    async with (
        aiohttp.ClientSession(headers=HEADERS) as session,
        session.get(f"http://127.0.0.1:{gateway.admin_port}{path}") as reply,
    ):
        return await reply.text()


async def until_whole(gateway: Process, *, ended: int = 0) -> None:
    """Wait until all workers run, after ``ended`` of them have ended."""
    wanted = (f"sekisho_workers {WORKERS}.0", f"sekisho_workers_ended_total {ended}.0")
    async with asyncio.timeout(60):
        while True:
            metrics = await admin(gateway, "/metrics")
            if all(line in metrics for line in wanted):
                return
            await asyncio.sleep(0.1)


async def test_metrics_are_summed_and_a_killed_worker_is_replaced_without_losing_records(
    tmp_path: Path, redis: RedisServer
) -> None:
    async with ScriptedUpstream(echo) as upstream, fleet(tmp_path, redis, upstream.base_url) as one:
        await until_whole(one)
        served = await asyncio.gather(*(ask(one) for _ in range(12)))
        counted = 'sekisho_redactions_total{entity="EMAIL_ADDRESS"} 12.0'
        assert counted in await admin(one, "/metrics")
        load = asyncio.gather(*(ask(one) for _ in range(20)))
        workers(one)[0].kill()
        served += await load
        await until_whole(one, ended=1)
        served += [await ask(one) for _ in range(10)]
        assert len(workers(one)) == WORKERS
        assert await one.signal(signal.SIGTERM) == 0
    answered = [request for request, _ in served if request]
    assert len(answered) >= 20
    assert all("a@b.example" in text for request, text in served if request)
    records = search_all(log_files(tmp_path / "audit.db"), Query(kind="outcome", limit=1000))
    assert set(answered) <= {record["request_id"] for record in records}
    assert len({record["origin"] for record in records}) == WORKERS
    verified = run("audit", "verify", "--config", str(tmp_path / "sekisho.yaml"))
    assert verified.exit_code == 0, verified.output
    assert verified.output.count("verification succeeded") == WORKERS + 1


async def test_requests_in_flight_are_finished_first(tmp_path: Path, redis: RedisServer) -> None:
    def slow(seen: ReceivedRequest) -> Script:
        return stream(*words("one two three four five six", 4), pause=0.5)

    async with ScriptedUpstream(slow) as upstream, fleet(tmp_path, redis, upstream.base_url) as one:
        await until_whole(one)
        asking = asyncio.ensure_future(ask(one, stream=True))
        while not upstream.requests:
            await asyncio.sleep(0.02)
        one.process.send_signal(signal.SIGTERM)
        while await listens(one.port):
            await asyncio.sleep(0.02)
        assert not asking.done()
        assert await one.process.wait() == 0
        _, text = await asking
    assert text.endswith("data: [DONE]\n\n")


async def listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def test_every_worker_uses_the_newest_revision(tmp_path: Path, redis: RedisServer) -> None:
    policies = Path(shutil.copytree(ROOT / "policies", tmp_path / "policies"))
    policy = {"path": str(policies), "watch_seconds": 0.2}
    async with (
        ScriptedUpstream(echo) as upstream,
        fleet(tmp_path, redis, upstream.base_url, policy=policy) as one,
    ):
        await until_whole(one)
        await ask(one)
        apps = policies / "data/apps.yaml"
        apps.write_text(apps.read_text().replace("apps: {}", "apps:\n  other: {tools: false}"))
        async with asyncio.timeout(60):
            while len(revisions(tmp_path)) < 2:
                await asyncio.gather(*(ask(one) for _ in range(4)))
            while '"one_revision":true' not in await admin(one, "/health"):
                await asyncio.sleep(0.1)
        before = sum(revisions(tmp_path).values())
        await asyncio.gather(*(ask(one) for _ in range(8)))
        newest = revisions(tmp_path, since=before)
    assert len(newest) == 1


def revisions(folder: Path, since: int = 0) -> Counter[str]:
    query = Query(kind="outcome", limit=10_000)
    records = search_all(log_files(folder / "audit.db"), query)
    return Counter(record["revision"] for record in records[: len(records) - since])


OPERATOR = {
    "keys": [
        {
            "id": "billing",
            "key_env": "SEKISHO_TEST_KEY",
            "tenant": "acme",
            "app": "billing",
            "roles": ["operator"],
            "role_tenants": ["*"],
        }
    ]
}


async def operate(gateway: Process, verb: str) -> tuple[int, Any]:
    """Drain or resume ``r1-a``."""
    url = f"http://127.0.0.1:{gateway.admin_port}/admin/v1/deployments/r1-a/{verb}"
    async with (
        aiohttp.ClientSession(headers=HEADERS) as session,
        session.post(url, json={}) as reply,
    ):
        return reply.status, await reply.json()


async def states(gateway: Process) -> list[str]:
    """The state of ``r1-a`` in each worker that answers."""
    listed = json.loads(await admin(gateway, "/admin/v1/deployments"))
    return [worker["state"] for worker in listed["deployments"]["r1-a"].values()]


async def test_a_drain_applies_to_every_worker_and_their_replacements(
    tmp_path: Path, redis: RedisServer
) -> None:
    async with (
        ScriptedUpstream(echo) as first,
        ScriptedUpstream(echo) as second,
        fleet(
            tmp_path,
            redis,
            first.base_url,
            identity=OPERATOR,
            more_deployments={"r1-b": deployment(second.base_url, priority=1)},
        ) as one,
    ):
        await until_whole(one)
        in_each = {f"worker-{number}": {"state": "draining", "under_way": 0} for number in (1, 2)}
        assert await operate(one, "drain") == (200, {"r1-a": in_each})
        await asyncio.gather(*(ask(one) for _ in range(12)))
        workers(one)[0].kill()
        await until_whole(one, ended=1)
        await asyncio.gather(*(ask(one) for _ in range(12)))
        assert not first.requests
        assert len(second.requests) >= 12
        assert (await operate(one, "resume"))[0] == 200
        await asyncio.gather(*(ask(one) for _ in range(12)))
        assert len(first.requests) == 12


async def test_a_worker_that_does_not_answer_is_notified_of_a_drain_again(
    tmp_path: Path, redis: RedisServer
) -> None:
    async with (
        ScriptedUpstream(echo) as upstream,
        fleet(tmp_path, redis, upstream.base_url, identity=OPERATOR) as one,
    ):
        await until_whole(one)
        frozen = workers(one)[0]
        frozen.suspend()
        status, body = await operate(one, "drain")
        assert (status, body["error"]["code"]) == (503, "not_ready")
        frozen.resume()
        async with asyncio.timeout(30):
            while await states(one) != ["draining"] * WORKERS:
                await asyncio.sleep(0.1)


async def test_B41_a_reload_does_not_end_a_worker_that_is_starting(
    tmp_path: Path, redis: RedisServer
) -> None:
    async with (
        ScriptedUpstream(echo) as upstream,
        fleet(tmp_path, redis, upstream.base_url) as gateway,
    ):
        await until_whole(gateway)
        parent = psutil.Process(gateway.process.pid)
        before = parent.children()
        workers(gateway)[0].kill()
        async with asyncio.timeout(60):
            while set(parent.children()) <= set(before):
                await asyncio.sleep(0.01)
        gateway.process.send_signal(signal.SIGHUP)
        await until_whole(gateway, ended=1)
