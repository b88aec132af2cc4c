"""What every part of the configuration shares: frozen, unknown keys refused, values never in an error."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class Section(BaseModel):
    """A part of the configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


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
