"""The admin port."""

from collections.abc import Mapping

import httpx

from gateway.edge.admin import admin_app
from gateway.telemetry.metrics import Metrics


async def test_metrics_and_health_in_detail() -> None:
    parts = {"audit": True, "policy": True}

    async def health() -> Mapping[str, bool]:
        return parts

    transport = httpx.ASGITransport(app=admin_app(Metrics(), health))
    async with httpx.AsyncClient(transport=transport, base_url="http://admin") as client:
        assert "sekisho_requests_under_way" in (await client.get("/metrics")).text
        assert (await client.get("/health")).json() == {"ready": True, "parts": parts}
        parts["policy"] = False
        reply = await client.get("/health")
        assert (reply.status_code, reply.json()["ready"]) == (503, False)
        assert (await client.get("/docs")).status_code == 404
