"""Settings of who may call."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from gateway.settings.certificates import Certificates
from gateway.settings.on_behalf_of import OnBehalfOf, user_faults
from gateway.settings.provider import Provider
from gateway.settings.section import Caller, Name, Role, Section

_MIN_KEY_LENGTH = 16


class ApiKey(Caller):
    """One API key from configuration. The key itself stays in the environment."""

    key_env: str = Field(description="Environment variable that holds the key.")


class Oidc(Provider):
    """An OpenID provider whose tokens are credentials."""

    tenant: Name | None = Field(None, description="The tenant of every token; else its claim says.")
    app: Name | None = Field(
        None, description="The application of every token; else its claim says."
    )
    tenant_claim: str = Field("tenant", description="The claim that names the tenant.")
    app_claim: str = Field("azp", description="The claim that names the application.")
    groups_claim: str = Field("groups", description="The claim that lists the groups.")
    groups: dict[str, Name] | None = Field(
        None,
        description="Which groups of the issuer are which of policy's; others are left out. Without it, all are taken by their own names.",
    )
    roles_claim: str = Field("roles", description="The claim that lists roles.")
    roles: dict[str, Role] = Field(
        default_factory=dict,
        description="Which of its values are which [roles](admin.md) on the admin API; others are left out.",
    )
    role_tenants_claim: str | None = Field(
        None,
        description="The claim that lists the tenants that the roles reach, `*` for all; without it, the token's own alone.",
    )


class Lockout(Section):
    """How many wrong secrets for one key may come from one address."""

    failures: int = Field(10, ge=1, description="Wrong secrets that lock the key for that address.")
    seconds: float = Field(
        60.0, gt=0, description="Seconds within which they count and for which it is locked."
    )


class Identity(Section):
    """Who may call."""

    keys: tuple[ApiKey, ...] = Field((), description="API keys.")
    keys_file: Path | None = Field(
        None, description="File of the keys that `sekisho keys create` makes."
    )
    oidc: Oidc | None = Field(None, description="The provider of bearer tokens.")
    certificates: Certificates | None = Field(
        None, description="Callers who prove themselves by a certificate."
    )
    on_behalf_of: tuple[OnBehalfOf, ...] = Field(
        (), description="Applications that call on behalf of end users."
    )
    lockout: Lockout = Field(default_factory=Lockout, description="The bound on guessing.")

    def files(self) -> Mapping[str, Path | None]:
        """Files that must exist. That of the keys need not: no key was made yet."""
        return {
            "identity.oidc.ca_file": self.oidc.ca_file if self.oidc else None,
            **{
                f"identity.on_behalf_of.{index}.ca_file": row.ca_file
                for index, row in enumerate(self.on_behalf_of)
            },
        }

    def callers(self) -> Mapping[str, Caller]:
        """Every caller that is named here, by the place where it stands."""
        places: dict[str, tuple[Caller, ...]] = {
            "keys": self.keys,
            "certificates.callers": self.certificates.callers if self.certificates else (),
        }
        return {
            f"identity.{place}.{index}": caller
            for place, callers in places.items()
            for index, caller in enumerate(callers)
        }

    def faults(self, environ: Mapping[str, str]) -> list[str]:
        """What can't be seen from one key alone: ids given twice, and variables that hold no key."""
        ids = [caller.id for caller in self.callers().values()]
        repeated = [
            f"{where}.id: {caller.id!r} is given twice"
            for index, (where, caller) in enumerate(self.callers().items())
            if caller.id in ids[:index]
        ]
        empty = [
            f"identity.keys.{index}.key_env: {key.key_env} must hold a key of at least {_MIN_KEY_LENGTH} characters"
            for index, key in enumerate(self.keys)
            if len(environ.get(key.key_env, "")) < _MIN_KEY_LENGTH
        ]
        return [
            *repeated,
            *empty,
            *(self.certificates.faults() if self.certificates else ()),
            *user_faults(self.on_behalf_of, self.oidc),
        ]
