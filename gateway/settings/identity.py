"""Settings of authentication."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from gateway.settings.certificates import Certificates
from gateway.settings.on_behalf_of import OnBehalfOf, user_faults
from gateway.settings.provider import Provider
from gateway.settings.section import Caller, Name, Role, Section

_MIN_KEY_LENGTH = 16  # characters: a forgotten or empty variable must not become a guessable key


class ApiKey(Caller):
    """One API key of the configuration. The key itself stays in the environment."""

    key_env: str = Field(description="Environment variable that holds the key.")


class Oidc(Provider):
    """An OpenID provider whose tokens are credentials."""

    tenant: Name | None = Field(
        None, description="The tenant of every token; without it, the claim names it."
    )
    app: Name | None = Field(
        None, description="The application of every token; without it, the claim names it."
    )
    tenant_claim: str = Field("tenant", description="The claim that names the tenant.")
    app_claim: str = Field("azp", description="The claim that names the application.")
    groups_claim: str = Field("groups", description="The claim that lists the groups.")
    groups: dict[str, Name] | None = Field(
        None,
        description="Maps the issuer's groups to groups in policies; others are ignored. Without it, all groups keep their names.",
    )
    roles_claim: str = Field("roles", description="The claim that lists roles.")
    roles: dict[str, Role] = Field(
        default_factory=dict,
        description="Maps values of the claim to [roles](admin.md) on the admin API; others are ignored.",
    )
    role_tenants_claim: str | None = Field(
        None,
        description="The claim that lists the tenants that the roles cover, `*` for all; without it, only the token's own.",
    )


class Lockout(Section):
    """Limit on wrong secrets for one key from one address."""

    failures: int = Field(
        10, ge=1, description="Wrong secrets after which the key is locked for that address."
    )
    seconds: float = Field(
        60.0, gt=0, description="Seconds in which they count, and for which the key is then locked."
    )


class Identity(Section):
    """Callers and their credentials."""

    keys: tuple[ApiKey, ...] = Field((), description="API keys.")
    keys_file: Path | None = Field(
        None, description="File in which `sekisho keys create` stores keyed hashes of keys."
    )
    oidc: Oidc | None = Field(None, description="The OpenID provider of bearer tokens.")
    certificates: Certificates | None = Field(None, description="Callers with client certificates.")
    on_behalf_of: tuple[OnBehalfOf, ...] = Field(
        (), description="Applications that call on behalf of end users."
    )
    lockout: Lockout = Field(default_factory=Lockout, description="Limit on wrong secrets.")

    def files(self) -> Mapping[str, Path | None]:
        """Files that must exist. The key file may be missing, until the first key is made."""
        return {
            "identity.oidc.ca_file": self.oidc.ca_file if self.oidc else None,
            **{
                f"identity.on_behalf_of.{index}.ca_file": row.ca_file
                for index, row in enumerate(self.on_behalf_of)
            },
        }

    def callers(self) -> Mapping[str, Caller]:
        """Every caller in the configuration, by the path of its setting."""
        sections: dict[str, tuple[Caller, ...]] = {
            "keys": self.keys,
            "certificates.callers": self.certificates.callers if self.certificates else (),
        }
        return {
            f"identity.{section}.{index}": caller
            for section, callers in sections.items()
            for index, caller in enumerate(callers)
        }

    def faults(self, environ: Mapping[str, str]) -> list[str]:
        """Faults that no single section can detect: duplicate ids, and variables without a key."""
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
