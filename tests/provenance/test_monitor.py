"""Deployments are looked at from the start, and for as long as the gateway runs."""

import asyncio
import time
from pathlib import Path

import pytest

from gateway import timeouts
from gateway.provenance import monitor
from gateway.provenance.monitor import ProvenanceMonitor
from gateway.provenance.status import ProvenanceStatus
from gateway.settings.deployments import Provenance as Bound
from tests.parts.records import RecordSigner


class Server:
    """Shows its models after some seconds."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.asked = 0
        self._seconds = seconds

    async def models(self) -> frozenset[str]:
        self.asked += 1
        await asyncio.sleep(self._seconds)
        return frozenset({"deepseek-r1"})

    async def tokenizer(self) -> str:
        raise AssertionError

    async def fingerprint(self) -> str:
        raise AssertionError


def standing(signer: RecordSigner, name: str = "r1-a", **more: float) -> ProvenanceStatus:
    bound = {**signer.bound(signer.sign(model="deepseek-r1")), **more}
    return ProvenanceStatus(name, Bound.model_validate(bound), lambda *_: None)


async def test_the_first_look_is_over_when_it_has_started_and_others_follow(tmp_path: Path) -> None:
    server = Server()
    known = standing(RecordSigner(tmp_path), seconds=0.02)
    watching = ProvenanceMonitor({"r1-a": known}, {"r1-a": server})
    await watching.start()
    assert known.proof(monitor._now()).state == "verified"
    async with asyncio.timeout(5):
        while server.asked < 3:
            await asyncio.sleep(0.01)
    await watching.close()
    asked = server.asked
    await asyncio.sleep(0.1)
    assert server.asked == asked


async def test_a_slow_server_does_not_hold_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeouts, "FIRST_OBSERVATION", 0.1)
    known = standing(RecordSigner(tmp_path))
    watching = ProvenanceMonitor({"r1-a": known}, {"r1-a": Server(seconds=60)})
    began = time.monotonic()
    await watching.start()
    assert time.monotonic() - began < 5
    assert known.proof(monitor._now()).state == "unverified"
    await watching.close()


async def test_those_that_can_not_be_asked_are_left_alone(tmp_path: Path) -> None:
    watching = ProvenanceMonitor({"r1-a": standing(RecordSigner(tmp_path))}, {})
    assert list(watching.names) == []
    await watching.start()
    await watching.close()
