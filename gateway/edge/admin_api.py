"""The admin API: authenticate, require the role, record, run the operation, record its outcome.

An operation that changes something is durable in the audit log before it runs. The outcome of any operation, and a
refusal, is durable before it is answered.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias
from urllib.parse import parse_qs

import orjson
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway.audit.recorder import Recorder, outcome_of
from gateway.edge.admin_routes import ADMIN_ROUTES, PREFIX, AdminRoute
from gateway.edge.endpoint import new_request_id, peer_of
from gateway.edge.guards import read_body
from gateway.errors import InvalidRequest, MethodNotAllowed, NotFound, SekishoError
from gateway.exchange import Exchange, Outcome
from gateway.identity.authenticator import Authenticator
from gateway.identity.roles import require
from gateway.inbound import Disconnected
from gateway.settings.server import Limits
from gateway.types import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminRequest:
    """A request whose caller was authenticated."""

    principal: Principal
    name: str
    """The name in the path, or ``""``."""
    arguments: Mapping[str, Any] = field(repr=False)
    """The query of a GET, the document of a POST."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation that is ready to run. ``tenant`` is the one concerned; ``None`` is the gateway as a whole."""

    tenant: str | None
    run: Callable[[], Awaitable[Any]]
    target: str = ""
    changes: bool = False


Handler: TypeAlias = Callable[[AdminRequest], Operation]


class AdminApi:
    """Serves the operations of ``ADMIN_ROUTES``.

    Args:
        identity: authenticates, as on the public port.
        recorder: makes every operation durable.
        limits: bounds on a body.
        handlers: one for each operation.
    """

    def __init__(
        self,
        identity: Authenticator,
        recorder: Recorder,
        limits: Limits,
        handlers: Mapping[str, Handler],
    ) -> None:
        self._identity = identity
        self._recorder = recorder
        self._limits = limits
        self._handlers = handlers

    async def refuse(self, error: SekishoError, send: Send) -> None:
        """Refuse what no operation serves: counted, and logged at a bounded rate."""
        exchange = Exchange(
            request_id=new_request_id(), started=time.time(), dialect="admin", operation=""
        )
        self._recorder.observe(exchange, outcome_of(error))
        await _refuse(error, exchange.request_id, send)

    async def not_served(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Every other path of the admin port."""
        del scope, receive
        await self.refuse(NotFound("Nothing is served at this path."), send)

    def routes(self) -> list[Route]:
        """One route for each path of the table."""
        rows: dict[str, dict[str, AdminRoute]] = {}
        for row in ADMIN_ROUTES:
            rows.setdefault(row.path, {})[row.method] = row
        return [
            Route(PREFIX + path, _Path(self, by), include_in_schema=False)
            for path, by in rows.items()
        ]

    async def serve(self, row: AdminRoute, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        exchange = Exchange(
            request_id=new_request_id(),
            started=time.time(),
            dialect="admin",
            operation=row.operation,
        )
        try:
            answer = await self._handle(row, exchange, scope, receive)
        except Disconnected:
            return
        except SekishoError as error:
            await _refuse(await self._failed(exchange, error), exchange.request_id, send)
            return
        await _send(200, answer, exchange.request_id, send)

    async def _handle(
        self, row: AdminRoute, exchange: Exchange, scope: Scope, receive: Receive
    ) -> Any:
        principal = await self._identity.authenticate(scope["headers"], peer_of(scope))
        exchange.principal = principal
        # Before the body is read: a caller without the role costs nothing more.
        if row.role not in principal.roles:
            require(principal, row.role, None)
        name = scope["path_params"].get("name", "")
        arguments = await self._given(row, scope, receive)
        operation = self._handlers[row.operation](
            AdminRequest(principal=principal, name=name, arguments=arguments)
        )
        require(principal, row.role, operation.tenant)
        # Recorded under the tenant concerned, so that its own auditors find it.
        exchange.principal = replace(principal, tenant=operation.tenant or principal.tenant)
        exchange.target = operation.target
        if operation.changes:
            await self._recorder.admin_operation(exchange)
        answer = await operation.run()
        await self._recorder.admin_operation(exchange, Outcome(kind="served", status=200))
        return answer

    async def _given(self, row: AdminRoute, scope: Scope, receive: Receive) -> Mapping[str, Any]:
        if row.method == "GET":
            # An empty value is kept, so that it is refused as malformed and not silently ignored.
            query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
            if any(len(values) > 1 for values in query.values()):
                raise InvalidRequest("A parameter of the query is given twice.")
            return {name: values[0] for name, values in query.items()}
        body = await read_body(scope["headers"], receive, self._limits)
        try:
            document = orjson.loads(body or b"{}")
        except orjson.JSONDecodeError:
            raise InvalidRequest("The body is not JSON.") from None
        if not isinstance(document, dict):
            raise InvalidRequest("The body is not an object.")
        return document

    async def _failed(self, exchange: Exchange, error: SekishoError) -> SekishoError:
        """As on the public port: unauthenticated callers are not recorded, and without a record there is no answer."""
        if exchange.principal is None:
            self._recorder.observe(exchange, outcome_of(error))
            return error
        try:
            await self._recorder.admin_operation(exchange, outcome_of(error))
        except SekishoError as unavailable:
            return unavailable
        return error


class _Path:
    """One path, whose rows are found by method."""

    def __init__(self, api: AdminApi, rows: Mapping[str, AdminRoute]) -> None:
        self._api = api
        self._rows = rows

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        row = self._rows.get(scope["method"])
        if row is not None:
            await self._api.serve(row, scope, receive, send)
            return
        error = MethodNotAllowed(f"This path is served with {', '.join(sorted(self._rows))} only.")
        await self._api.refuse(error, send)


async def _refuse(error: SekishoError, request_id: str, send: Send) -> None:
    document = {"error": {"code": error.code, "message": error.message, "request_id": request_id}}
    await _send(error.status, document, request_id, send)


async def _send(status: int, document: Any, request_id: str, send: Send) -> None:
    body = orjson.dumps(document)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        # The answer may hold a new key.
        (b"cache-control", b"no-store"),
        (b"x-request-id", request_id.encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
