"""Deny by default on the admin API: every route with every role, with none, and for every tenant."""

from pathlib import Path
from typing import Any

import structlog

from gateway.edge.admin_routes import ADMIN_ROUTES, AdminRoute
from tests.parts.admin import ROLES, SCOPES, AdminClient, admin_client
from tests.parts.gateways import Served, locked_store

NEEDED = {
    "audit.search": "auditor",
    "audit.show": "auditor",
    "keys.list": "key-admin",
    "keys.create": "key-admin",
    "keys.revoke": "key-admin",
    "tokens.revoke": "key-admin",
    "policy.status": "policy-editor",
    "policy.reload": "policy-editor",
    "deployments.list": "operator",
    "deployments.drain": "operator",
    "deployments.resume": "operator",
}
"""The role that each act needs, written down a second time: a table that changed must not agree with itself."""
WHOLE = {operation for operation, role in NEEDED.items() if role in ("policy-editor", "operator")}
"""Operations on the gateway as a whole: no role over some tenants is enough."""


def request_for(row: AdminRoute, tenant: str) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """The path, document and query of an operation on one tenant."""
    names = {"deployments": "r1-a", "keys": f"{tenant}-key", "audit": "req_0"}
    path = row.path.replace("{name}", names.get(row.path.split("/")[1], ""))
    documents = {
        "keys.create": {"id": f"{tenant}-new", "tenant": tenant, "app": "portal"},
        "tokens.revoke": {"tenant": tenant, "subject": "kenji"},
    }
    query = {"tenant": tenant} if row.operation == "audit.search" else {}
    return path, documents.get(row.operation, {}), query


def expected(row: AdminRoute, role: str, scope: str, tenant: str) -> set[int]:
    """What a caller with one role over a scope gets."""
    if role != NEEDED[row.operation] or (scope != "all" and row.operation in WHOLE):
        return {403}
    # What another tenant has is not there; an id can be taken once.
    hidden = {
        "audit.show": ({404}, {404}),
        "keys.list": ({200}, {200}),
        "keys.revoke": ({200}, {404}),
    }
    hidden["keys.create"] = ({200, 400}, {403})
    reached, beyond = hidden.get(row.operation, ({200}, {403}))
    return reached if scope in ("all", tenant) else beyond


async def test_T41_every_route_with_every_role_and_every_tenant(tmp_path: Path) -> None:
    assert {row.operation for row in ADMIN_ROUTES} == NEEDED.keys()
    async with admin_client(tmp_path) as admin:
        for tenant in ("acme", "globex"):
            new = {"id": f"{tenant}-key", "tenant": tenant, "app": "portal"}
            assert (await admin.ask("key-admin-all", "POST", "/keys", new)).status_code == 200
        wrong = [
            (row.operation, who, tenant, status)
            for row in ADMIN_ROUTES
            for tenant in ("acme", "globex")
            for who, status, good in await answers(admin, row, tenant)
            if status not in good
        ]
    assert wrong == []


async def answers(
    admin: AdminClient, row: AdminRoute, tenant: str
) -> list[tuple[str, int, set[int]]]:
    path, document, query = request_for(row, tenant)
    found = []
    callers: dict[str | None, set[int]] = {None: {401}, "stranger": {401}, "nobody": {403}}
    callers |= {
        f"{role}-{scope}": expected(row, role, scope, tenant) for role in ROLES for scope in SCOPES
    }
    for who, good in callers.items():
        reply = await admin.ask(who, row.method, path, document, **query)
        found.append((str(who), reply.status_code, good))
    return found


async def test_each_act_leaves_a_record_of_its_own_and_a_change_one_before_it(
    tmp_path: Path,
) -> None:
    async with admin_client(tmp_path) as admin:
        await admin.ask("operator-all", "POST", "/deployments/r1-a/drain")
        await admin.ask("policy-editor-all", "GET", "/policy")
        await admin.ask("nobody", "GET", "/keys")
        await admin.ask(None, "GET", "/keys")
        records = [
            (row["subject"], row["operation"], row["target"], row["outcome"], row["status"])
            for row in admin.records()
        ]
    assert records == [
        ("operator-all", "deployments.drain", "r1-a", "", 0),
        ("operator-all", "deployments.drain", "r1-a", "served", 200),
        ("policy-editor-all", "policy.status", "", "served", 200),
        ("nobody", "keys.list", "", "denied", 403),
    ]


async def test_without_a_record_nothing_is_done(tmp_path: Path) -> None:
    async with admin_client(tmp_path) as admin:
        await admin.ask("operator-all", "GET", "/deployments")
        with locked_store(Served(gateway=admin.gateway, url="", folder=tmp_path)):
            refused = await admin.ask("operator-all", "POST", "/deployments/r1-a/drain")
        assert refused.status_code == 503
        assert refused.json()["error"]["code"] == "audit_unavailable"
        reply = (await admin.ask("operator-all", "GET", "/deployments")).json()
    assert reply["deployments"]["r1-a"]["state"] == "up"


async def test_requests_that_can_not_be_understood(tmp_path: Path) -> None:
    async with admin_client(tmp_path) as admin:
        who = "key-admin-all"
        assert (await admin.ask(who, "POST", "/keys", {"id": "X Y"})).status_code == 400
        more = {"id": "a", "tenant": "acme", "app": "b", "roles": ["auditor"]}
        assert (await admin.ask(who, "POST", "/keys", more)).status_code == 400
        assert (await admin.ask(who, "POST", "/keys", [1])).status_code == 400
        assert (await admin.ask(who, "GET", "/keys", x="1")).status_code == 400
        for wrong in ({"subject": "a", "token": "b"}, {"certificate": "ab:cd"}, {}):
            assert (await admin.ask(who, "POST", "/revocations", wrong)).status_code == 400
        assert (await admin.ask("auditor-all", "GET", "/audit/records", limit=0)).status_code == 400
        assert (await admin.ask(who, "DELETE", "/keys")).status_code == 405
        for path in ("/config/update", "/keys/", "/../metrics/x"):
            assert (await admin.ask(who, "POST", path)).status_code == 404
        for reply in (
            await admin.ask(who, "GET", "/policy"),
            await admin.ask(None, "GET", "/keys"),
        ):
            assert reply.headers["x-request-id"] == reply.json()["error"]["request_id"]


async def test_B31_refused_callers_are_counted_and_their_log_is_bounded(tmp_path: Path) -> None:
    async with admin_client(tmp_path) as admin:
        with structlog.testing.capture_logs() as logs:
            for _ in range(20):
                assert (await admin.ask(None, "GET", "/keys")).status_code == 401
                assert (await admin.http.get("/nothing/here")).status_code == 404
                assert (await admin.http.post("/admin/v1/policy")).status_code == 405
        lines = admin.gateway.metrics.render().decode().splitlines()
        for code in ("invalid_key", "not_found", "method_not_allowed"):
            (counted,) = [x for x in lines if "sekisho_requests_total{" in x and code in x]
            assert counted.endswith(" 20.0")
        assert 1 <= len([log for log in logs if log["event"] == "request"]) < 20
        assert admin.records() == []
