"""The admin port: metrics and health in detail. It is bound apart from the public port."""

from collections.abc import Awaitable, Callable, Mapping

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response

from gateway.telemetry.metrics import Metrics


def admin_app(metrics: Metrics, health: Callable[[], Awaitable[Mapping[str, bool]]]) -> FastAPI:
    """The ASGI application of the admin port.

    Args:
        metrics: rendered at ``/metrics``.
        health: the parts of the gateway and whether each can do its work.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)

    @app.get("/metrics")
    async def render() -> Response:
        return Response(metrics.render(), media_type="text/plain; version=0.0.4")

    @app.get("/health")
    async def detail() -> JSONResponse:
        parts = dict(await health())
        healthy = all(parts.values())
        return JSONResponse({"ready": healthy, "parts": parts}, status_code=200 if healthy else 503)

    return app
