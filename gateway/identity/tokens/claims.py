"""From the claims of a verified token to a ``Principal``: tenant, application, groups and roles."""

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
        settings: which claim holds the tenant, the application, the groups and the roles.
        hash_key: 32 bytes; records hold a keyed hash of the subject, which may be an e-mail address.
    """

    def __init__(self, settings: Oidc, hash_key: bytes) -> None:
        self._settings = settings
        self._hash_key = hash_key

    def principal(self, claims: Mapping[str, Any]) -> Principal:
        """The caller that the claims describe. A claim that is not a valid name is refused, never coerced into one.

        Raises:
            InvalidKey: a claim is missing or not a valid name.
        """
        settings = self._settings
        try:
            tenant = settings.tenant or _NAME.validate_python(claims.get(settings.tenant_claim))
            app = settings.app or _NAME.validate_python(claims.get(settings.app_claim))
            groups = self._groups(claims.get(settings.groups_claim, []))
            roles, reach = self._roles(claims)
        except ValidationError:
            raise InvalidKey(
                "The token is genuine, but its claims do not name a valid tenant, application and groups.",
                param="authorization",
            ) from None  # the cause quotes the claims, which may hold personal data
        pseudonym = subject_name(self._hash_key, str(claims["sub"]))
        return Principal(
            subject=pseudonym,
            tenant=tenant,
            app=app,
            groups=groups,
            credential_id=pseudonym,
            method="oidc",
            **granted(roles, reach, tenant),
        )

    def _roles(self, claims: Mapping[str, Any]) -> tuple[list[str], list[str]]:
        """The roles that the settings map, and the tenants they cover; no tenants means the token's own."""
        settings = self._settings
        values = _as_list(claims.get(settings.roles_claim, []))
        # str: some providers send numbers, which match no name of a mapping as they are.
        roles = [settings.roles[value] for value in map(str, values) if value in settings.roles]
        claim = settings.role_tenants_claim
        tenants = _as_list(claims.get(claim, [])) if claim else []
        return list(roles), [_REACH.validate_python(tenant) for tenant in tenants]

    def _groups(self, claim: object) -> frozenset[str]:
        values = _as_list(claim)
        # Providers send every group of a user; with a mapping, only those that it names count.
        if self._settings.groups is not None:
            known = self._settings.groups
            return frozenset(known[value] for value in map(str, values) if value in known)
        return frozenset(_NAME.validate_python(value) for value in values)


def _as_list(claim: object) -> list[Any]:
    """Providers send a single value as a string or as a list of one."""
    return claim if isinstance(claim, list) else [claim]
