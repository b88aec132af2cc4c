"""The public port: the routes that are served, and a plain refusal for everything else.

Every route authenticates except the literal tuple :data:`UNAUTHENTICATED`. Routing uses the ASGI path alone,
never a URL rebuilt from the Host header (CVE-2026-48710).
"""

import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

import orjson
from fastapi import FastAPI
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway.audit.recorder import Recorder, outcome_of
from gateway.dialects.base import Dialect
from gateway.dialects.openai.chat import OpenAIChat
from gateway.dialects.responses.conversations import DELETE, RETRIEVE
from gateway.edge.endpoint import (
    Endpoint,
    inbound_of,
    new_request_id,
    send_answer,
    send_whole,
)
from gateway.edge.routes import MODELS, PUBLIC_ROUTES, STORED, PublicRoute
from gateway.errors import MethodNotAllowed, RouteNotFound, SekishoError
from gateway.exchange import Exchange
from gateway.inbound import Answer
from gateway.pipeline import Pipeline
from gateway.settings.server import Limits

UNAUTHENTICATED = ("/healthz", "/readyz")
"""The only paths that are served without a credential; they only report whether to send traffic."""

_DEFAULT_DIALECT = OpenAIChat()
"""Formats the refusal of a path that no dialect serves."""

_STORED_OPERATIONS: Final = {"GET": RETRIEVE, "DELETE": DELETE}
_Asgi: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]


def public_app(pipeline: Pipeline, limits: Limits, ready: Callable[[], Awaitable[bool]]) -> FastAPI:
    """The ASGI application of the public port."""
    # No redirects of slashes: their location would be built from the Host header.
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    refusals = _Refusals(pipeline.recorder)
    probes = {"/healthz": _Health(_always), "/readyz": _Health(ready)}
    app.router.routes.extend(
        Route(path, _Methods(("GET",), probe, _DEFAULT_DIALECT, refusals), include_in_schema=False)
        for path, probe in probes.items()
    )
    app.router.routes.extend(
        Route(
            row.path,
            _Methods(row.methods, _endpoint(row, pipeline, limits), row.dialect, refusals),
            include_in_schema=False,
        )
        for row in PUBLIC_ROUTES
    )
    app.router.default = _NotServed((*(row.path for row in PUBLIC_ROUTES), *probes), refusals)
    return app


def _endpoint(row: PublicRoute, pipeline: Pipeline, limits: Limits) -> _Asgi:
    if row.operation == MODELS:
        return _Models(pipeline, row.dialect)
    if row.operation == STORED:
        return _StoredReply(pipeline, row.dialect)
    return Endpoint(pipeline, row.dialect, row.operation, limits)


class _Methods:
    """Serves a path with its methods, and refuses the others in the dialect's error format."""

    def __init__(
        self, methods: tuple[str, ...], endpoint: _Asgi, dialect: Dialect, refusals: "_Refusals"
    ) -> None:
        self._methods = methods
        self._endpoint = endpoint
        self._dialect = dialect
        self._refusals = refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] in self._methods:
            await self._endpoint(scope, receive, send)
            return
        error = MethodNotAllowed(f"This path is served with {' and '.join(self._methods)} only.")
        await self._refusals.send(error, self._dialect, send)


class _NotServed:
    """Answers every other path with the list of those that are served."""

    def __init__(self, paths: tuple[str, ...], refusals: "_Refusals") -> None:
        self._paths = ", ".join(paths)
        self._refusals = refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            # 1008: policy violation (RFC 6455, section 7.4.1).
            await send({"type": "websocket.close", "code": 1008})
            return
        error = RouteNotFound(f"Nothing is served at this path. Served: {self._paths}.")
        await self._refusals.send(error, _DEFAULT_DIALECT, send)


class _Models:
    """``GET /v1/models``: the names that a caller may request."""

    def __init__(self, pipeline: Pipeline, dialect: Dialect) -> None:
        self._pipeline = pipeline
        self._dialect = dialect

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        inbound = inbound_of(scope, self._dialect, MODELS)
        await send_answer(await self._pipeline.models(inbound), send)


class _StoredReply:
    """``GET`` and ``DELETE`` of a stored reply, for the credential that received it: no body, and an id in the path."""

    def __init__(self, pipeline: Pipeline, dialect: Dialect) -> None:
        self._pipeline = pipeline
        self._dialect = dialect

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        operation = _STORED_OPERATIONS[scope["method"]]
        inbound = inbound_of(scope, self._dialect, operation)
        await send_answer(await self._pipeline.stored_reply(inbound), send)


class _Health:
    """A health check: 200 or 503, and the status as JSON."""

    def __init__(self, healthy: Callable[[], Awaitable[bool]]) -> None:
        self._healthy = healthy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        healthy = await self._healthy()
        body = orjson.dumps({"status": "ok" if healthy else "unavailable"})
        await _send_json(200 if healthy else 503, body, send)


async def _always() -> bool:
    return True


class _Refusals:
    """Refusals of requests that no operation serves: counted, and logged at a bounded rate."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    async def send(self, error: SekishoError, dialect: Dialect, send: Send) -> None:
        """Refuse in the dialect's format."""
        exchange = Exchange(
            request_id=new_request_id(), started=time.time(), dialect=dialect.name, operation=""
        )
        self._recorder.observe(exchange, outcome_of(error))
        body = dialect.error(error, exchange.request_id)
        answer = Answer(status=error.status, body=body, exchange=exchange, error=error)
        await send_whole(body, answer, send)


async def _send_json(status: int, body: bytes, send: Send) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
