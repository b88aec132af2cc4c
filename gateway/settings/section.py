"""The base of every section of the configuration: immutable, unknown keys refused, no values in error messages."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

# Neither slash nor colon: names are joined with these in counters and revocations.
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class Section(BaseModel):
    """A section of the configuration."""

    # hide_input_in_errors: a value may be a secret, and error messages are printed and logged.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


Role: TypeAlias = Literal["policy-editor", "auditor", "operator", "key-admin"]
"""A permission on the admin API."""

Reach: TypeAlias = Name | Literal["*"]
"""A tenant that roles cover, or all of them."""


class Caller(Section):
    """A caller and its permissions."""

    id: Name = Field(description="Identifies the credential in the audit log.")
    tenant: Name = Field(description="Tenant of the caller.")
    app: Name = Field(description="Application of the caller.")
    groups: tuple[Name, ...] = Field((), description="Groups that policy may refer to.")
    roles: tuple[Role, ...] = Field((), description="[Roles](admin.md) on the admin API.")
    role_tenants: tuple[Reach, ...] = Field(
        (), description="Tenants that the roles cover, `*` for all; without any, only its own."
    )
