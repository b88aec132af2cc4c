"""The routes of the admin API: the path of each operation, and the role that permits it. Nothing else is served."""

from dataclasses import dataclass
from typing import Final, Literal

from gateway.settings.section import Role

PREFIX: Final = "/admin/v1"


@dataclass(frozen=True, slots=True)
class AdminRoute:
    """One operation: its method, its path under :data:`PREFIX`, its name in the audit log, and the role that permits it."""

    method: Literal["GET", "POST"]
    path: str
    operation: str
    role: Role


ADMIN_ROUTES: Final = (
    AdminRoute("GET", "/audit/records", "audit.search", "auditor"),
    AdminRoute("GET", "/audit/requests/{name}", "audit.show", "auditor"),
    AdminRoute("GET", "/keys", "keys.list", "key-admin"),
    AdminRoute("POST", "/keys", "keys.create", "key-admin"),
    AdminRoute("POST", "/keys/{name}/revoke", "keys.revoke", "key-admin"),
    AdminRoute("POST", "/revocations", "tokens.revoke", "key-admin"),
    AdminRoute("GET", "/policy", "policy.status", "policy-editor"),
    AdminRoute("POST", "/policy/reload", "policy.reload", "policy-editor"),
    AdminRoute("GET", "/deployments", "deployments.list", "operator"),
    AdminRoute("POST", "/deployments/{name}/drain", "deployments.drain", "operator"),
    AdminRoute("POST", "/deployments/{name}/resume", "deployments.resume", "operator"),
)
