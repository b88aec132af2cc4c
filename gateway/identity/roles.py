"""Roles on the admin API: who may perform which operations, and for which tenants. What is not granted is refused."""

from collections.abc import Iterable
from typing import Final, Literal, TypedDict

from gateway.errors import RoleRequired
from gateway.settings.section import Caller, Role
from gateway.types import Principal

EVERYWHERE: Final = "*"


class Granted(TypedDict):
    """The fields of a principal that hold its permissions on the admin API."""

    roles: frozenset[str]
    role_tenants: frozenset[str]


def granted(roles: Iterable[str], tenants: Iterable[str], own: str) -> Granted:
    """What a credential grants: its roles, for the tenants that it names or else for its own tenant."""
    held = frozenset(roles)
    return Granted(
        roles=held, role_tenants=(frozenset(tenants) or frozenset({own})) if held else frozenset()
    )


def configured(caller: Caller, method: Literal["api-key", "certificate"]) -> Principal:
    """The principal of a configured caller, once it is authenticated."""
    return Principal(
        subject=caller.id,
        tenant=caller.tenant,
        app=caller.app,
        groups=frozenset(caller.groups),
        credential_id=caller.id,
        method=method,
        **granted(caller.roles, caller.role_tenants, caller.tenant),
    )


def permitted_tenants(principal: Principal) -> frozenset[str] | None:
    """The tenants that its roles cover; ``None`` means all tenants."""
    return None if EVERYWHERE in principal.role_tenants else principal.role_tenants


def require(principal: Principal, role: Role, tenant: str | None) -> None:
    """Refuse an operation unless the principal has the role for that tenant; ``None`` is the gateway as a whole.

    Raises:
        RoleRequired: it does not have it.
    """
    if role not in principal.roles:
        raise RoleRequired(f"This needs the role {role}.")
    reached = permitted_tenants(principal)
    if reached is None or (tenant is not None and tenant in reached):
        return
    where = "every tenant" if tenant is None else "that tenant"
    raise RoleRequired(f"This needs the role {role} for {where}.")
