"""The admin API of a complete gateway, and a key for each role and set of tenants."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, get_args

import httpx

from gateway.app import Gateway, compose
from gateway.audit.search import Query, search
from gateway.settings.section import Role
from tests.parts.gateways import KEY, detector, prepared

ROLES: tuple[str, ...] = get_args(Role)
SCOPES = {"acme": ["acme"], "globex": ["globex"], "all": ["*"]}


class AdminClient:
    """Administrators, named ``role-scope``, and ``nobody`` who holds no role."""

    def __init__(self, gateway: Gateway, http: httpx.AsyncClient, folder: Path) -> None:
        self.gateway = gateway
        self.http = http
        self.folder = folder

    async def ask(
        self, who: str | None, method: str, path: str, document: Any = None, **query: Any
    ) -> httpx.Response:
        headers = {} if who is None else {"authorization": f"Bearer {secret(who)}"}
        body = (document or {}) if method == "POST" else None
        return await self.http.request(
            method, f"/admin/v1{path}", headers=headers, params=query, json=body
        )

    def records(self, **query: Any) -> list[dict[str, Any]]:
        """What the audit log holds of administrators, oldest first."""
        return search(self.folder / "audit.db", Query(kind="admin", **query))[::-1]


def secret(who: str) -> str:
    return f"{KEY}-{who}"


@asynccontextmanager
async def admin_client(folder: Path) -> AsyncIterator[AdminClient]:
    rows: list[dict[str, Any]] = [{"id": "nobody", "tenant": "acme"}]
    rows += [
        {"id": f"{role}-{scope}", "tenant": "staff", "roles": [role], "role_tenants": tenants}
        for role in ROLES
        for scope, tenants in SCOPES.items()
    ]
    keys = [{**row, "app": "desk", "key_env": f"K_{row['id']}"} for row in rows]
    environ = {key["key_env"]: secret(key["id"]) for key in keys}
    identity = {"keys": keys, "keys_file": str(folder / "keys.json")}
    gateway = compose(prepared(folder, identity=identity), environ, detector=detector())
    transport = httpx.ASGITransport(app=gateway.admin())
    async with (
        gateway.running(),
        httpx.AsyncClient(transport=transport, base_url="http://admin") as http,
    ):
        yield AdminClient(gateway, http, folder)
