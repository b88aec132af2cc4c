"""Claims of a verified token to a ``Principal``: tenant, application, groups and roles."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from gateway.errors import InvalidKey
from gateway.identity.roles import granted
from gateway.identity.tokens.subjects import subject_name
from gateway.settings.identity import Oidc
from gateway.settings.section import Name, Reach
from gateway.types import Principal

_NAME: Final = TypeAdapter(Name)
_REACH: Final[TypeAdapter[str]] = TypeAdapter(Reach)


class Claims:
    """Reads the claims of one provider.

    Args:
        settings: which claim says what.
        hash_key: 32 bytes under which subjects are told in records: they may be addresses of people.
    """

    def __init__(self, settings: Oidc, hash_key: bytes) -> None:
        self._settings = settings
        self._hash_key = hash_key

    def principal(self, claims: Mapping[str, Any]) -> Principal:
        """As the claims say; a claim that is no name is never bent into one.

        Raises:
            InvalidKey: they do not say it.
        """
        named = self._settings
        try:
            tenant = named.tenant or _NAME.validate_python(claims.get(named.tenant_claim))
            app = named.app or _NAME.validate_python(claims.get(named.app_claim))
            groups = self._groups(claims.get(named.groups_claim, []))
            roles, reach = self._roles(claims)
        except ValidationError:
            raise InvalidKey(
                "The token is genuine, but does not say which tenant, application and groups it is for.",
                param="authorization",
            ) from None
        hidden = subject_name(self._hash_key, str(claims["sub"]))
        return Principal(
            subject=hidden,
            tenant=tenant,
            app=app,
            groups=groups,
            credential_id=hidden,
            method="oidc",
            **granted(roles, reach, tenant),
        )

    def _roles(self, claims: Mapping[str, Any]) -> tuple[list[str], list[str]]:
        """Only what the settings name is a role; without tenants the roles reach the token's own."""
        named = self._settings
        values = _listed(claims.get(named.roles_claim, []))
        roles = [named.roles[value] for value in map(str, values) if value in named.roles]
        told = _listed(claims.get(named.role_tenants_claim, [])) if named.role_tenants_claim else []
        return list(roles), [_REACH.validate_python(value) for value in told]

    def _groups(self, told: object) -> frozenset[str]:
        values = _listed(told)
        if self._settings.groups is not None:
            known = self._settings.groups
            return frozenset(known[value] for value in map(str, values) if value in known)
        return frozenset(_NAME.validate_python(value) for value in values)


def _listed(told: object) -> list[Any]:
    return told if isinstance(told, list) else [told]
