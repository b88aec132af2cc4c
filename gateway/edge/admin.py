"""The admin port, separate from the public one: metrics, health in detail, and the admin API."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response

from gateway.background import TaskHealth
from gateway.edge.admin_api import AdminApi


class MetricsRenderer(Protocol):
    """Metrics of one process, or of several."""

    def render(self) -> bytes:
        """The text exposition format."""


def admin_app(
    metrics: MetricsRenderer,
    health: Callable[[], Awaitable[Mapping[str, bool]]],
    background: Callable[[], Awaitable[Mapping[str, TaskHealth]]],
    api: AdminApi | None = None,
) -> FastAPI:
    """The ASGI application of the admin port.

    Args:
        metrics: rendered at ``/metrics``.
        health: the parts of the gateway and whether each works.
        background: the background tasks; they do not change whether the gateway is ready, since requests do not need them.
        api: the admin API; ``None`` for none.
    """
    # No redirects of slashes: their location would be built from the Host header.
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)

    @app.get("/metrics")
    async def render() -> Response:
        return Response(metrics.render(), media_type="text/plain; version=0.0.4")

    @app.get("/health")
    async def detail() -> JSONResponse:
        parts, tasks = dict(await health()), dict(await background())
        ready = all(parts.values())
        summary = {"healthy": all(task["healthy"] for task in tasks.values()), "tasks": tasks}
        page: dict[str, Any] = {"ready": ready, "parts": parts, "background": summary}
        return JSONResponse(page, status_code=200 if ready else 503)

    if api is not None:
        app.router.routes.extend(api.routes())
        app.router.default = api.not_served
    return app
