"""Roles: what is not granted is refused."""

import pytest

from gateway.errors import RoleRequired
from gateway.identity.roles import granted, permitted_tenants, require
from gateway.types import Principal


def principal(*roles: str, tenants: tuple[str, ...] = ()) -> Principal:
    return Principal(
        subject="a",
        tenant="acme",
        app="a",
        groups=frozenset({"auditor"}),
        credential_id="a",
        method="api-key",
        **granted(roles, tenants, "acme"),
    )


def test_a_role_reaches_its_own_tenant_or_those_that_are_named() -> None:
    assert permitted_tenants(principal("auditor")) == frozenset({"acme"})
    assert permitted_tenants(principal("auditor", tenants=("globex",))) == frozenset({"globex"})
    assert permitted_tenants(principal("auditor", tenants=("*",))) is None
    assert permitted_tenants(principal(tenants=("*",))) == frozenset()


def test_what_is_not_granted_is_refused() -> None:
    require(principal("auditor"), "auditor", "acme")
    require(principal("auditor", tenants=("*",)), "auditor", None)
    for held, tenant in (
        (principal(), "acme"),
        (principal("operator"), "acme"),
        (principal("auditor"), "globex"),
        (principal("auditor"), None),
        (principal("auditor", tenants=("globex",)), "acme"),
    ):
        with pytest.raises(RoleRequired):
            require(held, "auditor", tenant)
