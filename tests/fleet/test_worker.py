"""The worker's end of the control channel: it reports its revision, and stops without its supervisor."""

import asyncio
import socket
from pathlib import Path

from gateway.app import compose
from gateway.audit.store import log_files
from gateway.fleet.channel import Channel
from gateway.fleet.worker import revision, serve_control
from tests.parts.commands import ENVIRON
from tests.parts.gateways import detector, prepared


async def test_a_worker_reports_its_revision_and_stops_with_its_supervisor(
    tmp_path: Path,
) -> None:
    gateway = compose(prepared(tmp_path), ENVIRON, detector=detector(), worker=1)
    ours, theirs = socket.socketpair()
    here, there = await Channel.open(ours), await Channel.open(theirs)
    stopped = asyncio.Event()
    async with gateway.running():
        control = await serve_control(there, gateway, stopped.set)
        ready = await here.receive()
        assert ready == {"revision": revision(gateway), "draining": []}
        reply = await here.ask("health", 10)
        assert reply["revision"] == revision(gateway)
        assert reply["parts"]["policy"] is True
        tasks = (await here.ask("background", 10))["tasks"]
        assert {"control channel", "revocations", "policy live"} <= set(tasks)
        assert all(task["healthy"] for task in tasks.values())
        assert (await here.ask("refresh", 30))["revision"] == revision(gateway)
        held = await here.ask("hold", 10, draining=["r1-a"])
        assert held["draining"] == ["r1-a"]
        status = (await here.ask("status", 10))["status"]
        assert status == {"r1-a": {"state": "draining", "under_way": 0}}
        assert (await here.ask("hold", 10, draining=[]))["draining"] == []
        here.close()
        await asyncio.wait_for(stopped.wait(), 10)
        assert await control.finished(10)
        there.close()
    assert log_files(tmp_path / "audit.db") == [tmp_path / "audit-1.db"]


async def test_B40_a_failed_command_is_not_answered_and_the_next_one_is(tmp_path: Path) -> None:
    gateway = compose(prepared(tmp_path), ENVIRON, detector=detector(), worker=1)
    ours, theirs = socket.socketpair()
    here, there = await Channel.open(ours), await Channel.open(theirs)
    async with gateway.running():
        control = await serve_control(there, gateway, lambda: None)
        await here.receive()
        await here.send({"id": 1, "ask": "hold"})  # names no deployments
        assert (await here.ask("health", 30))["revision"] == revision(gateway)
        await control.close()
        here.close()
        there.close()


async def test_a_worker_stops_if_its_supervisor_ends_before_it_is_ready(tmp_path: Path) -> None:
    gateway = compose(prepared(tmp_path), ENVIRON, detector=detector(), worker=1)
    ours, theirs = socket.socketpair()
    there = await Channel.open(theirs)
    ours.close()
    stopped = asyncio.Event()
    async with gateway.running():
        control = await serve_control(there, gateway, stopped.set)
        await asyncio.wait_for(stopped.wait(), 10)
        await control.close()
    there.close()
