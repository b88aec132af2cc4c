"""Settings of applications that call on behalf of end users."""

from collections.abc import Sequence

from pydantic import Field

from gateway.settings.provider import Provider
from gateway.settings.section import Name


class OnBehalfOf(Provider):
    """Applications of a tenant, and the issuer of their users' tokens."""

    tenant: Name = Field(description="Tenant of the applications.")
    apps: tuple[Name, ...] = Field(
        min_length=1, description="Applications that may call on behalf of users."
    )
    required: bool = Field(False, description="Whether every call must be on behalf of a user.")
    tenant_claim: str | None = Field(
        None,
        description="The claim that must hold the tenant; required when tenants share an issuer and an audience.",
    )

    @property
    def issuer_and_audience(self) -> tuple[str, str]:
        """The pair that distinguishes its tokens from others."""
        return self.issuer, self.audience


def user_faults(rows: Sequence[OnBehalfOf], credentials: Provider | None) -> list[str]:
    """Faults that no single row can detect.

    Args:
        rows: all of them.
        credentials: the provider whose tokens are credentials.
    """
    faults: list[str] = []
    taken: set[tuple[str, str]] = set()
    for index, row in enumerate(rows):
        where = f"identity.on_behalf_of.{index}"
        apps = {(row.tenant, app) for app in row.apps}
        faults += [f"{where}.apps: {app!r} is given twice" for _, app in sorted(apps & taken)]
        taken |= apps
        # A user's token in the Authorization header would otherwise authenticate the user as an application.
        if credentials and row.issuer_and_audience == (credentials.issuer, credentials.audience):
            faults.append(
                f"{where}.audience: is the same as in identity.oidc: a user's token would be a credential"
            )
        others = {
            other.tenant for other in rows if other.issuer_and_audience == row.issuer_and_audience
        }
        if row.tenant_claim is None and others != {row.tenant}:
            faults.append(
                f"{where}.tenant_claim: needed: another tenant has the same issuer and audience"
            )
    return faults
