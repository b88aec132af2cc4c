"""The admin port."""

from collections.abc import Mapping

import httpx

from gateway.background import TaskHealth
from gateway.edge.admin import admin_app
from gateway.telemetry.metrics import Metrics


async def test_metrics_and_health_in_detail() -> None:
    parts = {"audit": True, "policy": True}

    async def health() -> Mapping[str, bool]:
        return parts

    task: TaskHealth = {"healthy": True, "failures": 0, "error": ""}

    async def background() -> Mapping[str, TaskHealth]:
        return {"policy live": task}

    transport = httpx.ASGITransport(app=admin_app(Metrics(), health, background))
    async with httpx.AsyncClient(transport=transport, base_url="http://admin") as client:
        assert "sekisho_requests_under_way" in (await client.get("/metrics")).text
        tasks = {"healthy": True, "tasks": {"policy live": task}}
        page = {"ready": True, "parts": parts, "background": tasks}
        assert (await client.get("/health")).json() == page
        task |= {"healthy": False, "failures": 2, "error": "KeyError"}
        reply = await client.get("/health")
        assert (reply.status_code, reply.json()["ready"]) == (200, True), "requests do not need it"
        assert reply.json()["background"] == {"healthy": False, "tasks": {"policy live": task}}
        parts["policy"] = False
        reply = await client.get("/health")
        assert (reply.status_code, reply.json()["ready"]) == (503, False)
        assert (await client.get("/docs")).status_code == 404
