"""Probes take deployments out and bring them back, and say so once."""

import asyncio

import structlog

from gateway.routing.prober import Prober
from gateway.routing.router import Router
from gateway.settings.deployments import Probe
from tests.parts import configuration

PROBE = Probe(seconds=0.01, failures=1)


def router() -> Router:
    settings = configuration.deployment("http://127.0.0.1:9/v1", probe=PROBE.model_dump())
    return Router(
        configuration.settings(
            deployments={"r1-a": settings}, models={"deepseek-r1": {"deployments": ["r1-a"]}}
        )
    )


async def test_a_deployment_follows_its_probes_and_changes_alone_are_logged() -> None:
    known, faults = router(), ["", "", "status 503", "status 503", ""]

    async def ask(name: str, probe: Probe) -> str:
        return faults.pop(0)

    with structlog.testing.capture_logs() as logged:
        prober = Prober(known, {"r1-a": PROBE}, ask, structlog.get_logger())
        seen = []
        for _ in range(5):
            await prober.probe("r1-a")
            seen.append(known.slots["r1-a"].health.available())
    assert seen == [True, True, False, False, True]
    assert [line["fault"] for line in logged] == ["status 503", ""]


async def test_it_probes_until_it_is_closed() -> None:
    probes = 0

    async def ask(name: str, probe: Probe) -> str:
        nonlocal probes
        probes += 1
        return ""

    prober = Prober(router(), {"r1-a": PROBE}, ask, structlog.get_logger())
    await prober.start()
    while probes < 3:
        await asyncio.sleep(0.01)
    await prober.close()
    counted = probes
    await asyncio.sleep(0.05)
    assert probes == counted
