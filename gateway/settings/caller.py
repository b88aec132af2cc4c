"""Settings that every caller of the configuration has, however it proves who it is."""

from typing import Literal, TypeAlias

from pydantic import Field

from gateway.settings.section import Name, Section

Role: TypeAlias = Literal["policy-editor", "auditor", "operator", "key-admin"]
"""What a caller may do on the admin port."""
Reach: TypeAlias = Name | Literal["*"]
"""A tenant that roles reach, or all of them."""


class Caller(Section):
    """Whom a credential stands for."""

    id: Name = Field(description="Identifies the credential in the audit log.")
    tenant: Name = Field(description="Tenant whose keys and data the caller uses.")
    app: Name = Field(description="Application on whose behalf calls are made.")
    groups: tuple[Name, ...] = Field((), description="Groups that policy may refer to.")
    roles: tuple[Role, ...] = Field((), description="[Roles](admin.md) on the admin API.")
    role_tenants: tuple[Reach, ...] = Field(
        (), description="Tenants that the roles reach, `*` for all; without any, its own alone."
    )
