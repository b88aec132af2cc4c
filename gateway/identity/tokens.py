"""OpenID Connect bearer tokens: verified before anything about them is believed or remembered.

JSON Web Token (RFC 7519), its best current practices (RFC 8725): the algorithm is one that we allow and that fits the
key; the key is one of the issuer's own, by id; nothing that a token's header points to is ever fetched.
"""

import hashlib
import hmac
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import jwt
from pydantic import TypeAdapter, ValidationError

from gateway.errors import InvalidKey
from gateway.identity.credential import unknown
from gateway.identity.issuer import Issuer
from gateway.identity.roles import granted
from gateway.keys import KeyRing
from gateway.settings.caller import Reach
from gateway.settings.identity import Oidc
from gateway.settings.section import Name
from gateway.types import Principal

_FORM: Final = re.compile(rb"[A-Za-z0-9_-]{2,}\.[A-Za-z0-9_-]{2,}\.[A-Za-z0-9_-]*")
_FAMILIES: Final = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
_POINTERS: Final = frozenset({"jku", "jwk", "x5u", "x5c", "crit", "zip"})
_CACHED: Final = 10_000
_NAME: Final = TypeAdapter(Name)
_REACH: Final[TypeAdapter[str]] = TypeAdapter(Reach)
_LONGEST_KEY_ID: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a verified token says."""

    principal: Principal
    token_id: str
    """Under which this one token can be revoked."""
    expires: float
    generation: int


def looks_like_a_token(credential: bytes) -> bool:
    """Whether it has the form of a signed token (RFC 7515, compact serialisation)."""
    return _FORM.fullmatch(credential) is not None


def subject_key(ring: KeyRing) -> bytes:
    """The key under which subjects are hidden: from the ring's oldest, so that what was revoked stays so."""
    return ring.derive("", "subject", ring.oldest_id)


def subject_name(hash_key: bytes, subject: str) -> str:
    """How records and revocations name the subject of a token."""
    hidden = hmac.digest(hash_key, subject.encode("utf-8", "replace"), "sha256").hex()
    return f"oidc-{hidden[:20]}"


def token_name(token_id: str) -> str:
    """How a revocation names one token: by its ``jti``, or by SHA-256 of its bytes when it has none."""
    return f"token:{token_id}"


class Tokens:
    """Verifies the tokens of one issuer.

    Args:
        settings: issuer, audience, algorithms, claims.
        issuer: its keys.
        hash_key: 32 bytes under which subjects are told in records: they may be addresses of people.
        now: the wall clock.
    """

    def __init__(
        self,
        settings: Oidc,
        issuer: Issuer,
        *,
        hash_key: bytes,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._hash_key = hash_key
        self._issuer = issuer
        self._now = now
        self._cache: OrderedDict[bytes, Known] = OrderedDict()

    async def start(self) -> None:
        """Fetch the issuer's keys."""
        await self._issuer.start()

    async def close(self) -> None:
        """Let the issuer go."""
        await self._issuer.close()

    def able(self) -> bool:
        """Whether the issuer's keys may be relied on."""
        return self._issuer.able()

    async def verify(self, token: bytes) -> Known:
        """What a token proves.

        It is remembered by the hash of all of its bytes, signature included, once it was verified, until it expires
        or the issuer's keys change.

        Raises:
            InvalidKey: it proves nothing here.
            IdentityUnavailable: the issuer's keys are out of reach.
        """
        name = hashlib.sha256(token).digest()
        known = self._cache.get(name)
        if known is not None and known.generation == self._issuer.generation and self.able():
            if self._now() >= known.expires:
                raise _expired()
            self._cache.move_to_end(name)
            return known
        known = await self._read(token, name)
        self._cache[name] = known
        if len(self._cache) > _CACHED:
            self._cache.popitem(last=False)
        return known

    async def _read(self, token: bytes, name: bytes) -> Known:
        header = _header(token)
        key_id, algorithm = header.get("kid"), header["alg"]
        claims = await self._proven(token, key_id, algorithm)
        if claims is None and key_id is None and await self._issuer.renewed():
            # A token that names no key may be signed with one that the issuer has had since.
            claims = await self._proven(token, key_id, algorithm)
        if claims is None:
            raise unknown()
        return Known(
            principal=self._principal(claims),
            token_id=token_name(str(claims.get("jti") or name.hex())),
            expires=float(claims["exp"]) + self._settings.skew_seconds,
            generation=self._issuer.generation,
        )

    async def _proven(
        self, token: bytes, key_id: str | None, algorithm: str
    ) -> dict[str, Any] | None:
        """The claims, when the issuer's key of that id signed them and they are meant for us; else ``None``."""
        key = await self._issuer.key(key_id)
        if key is None or not self._fits(algorithm, key):
            return None
        return self._claims(token, key.key, algorithm)

    def _fits(self, algorithm: object, key: jwt.PyJWK) -> bool:
        told = key._jwk_data  # noqa: SLF001  # the library shows the key's own words nowhere else
        return (
            algorithm in self._settings.algorithms
            and _FAMILIES.get(str(algorithm)[:2]) == told["kty"]
            and told.get("alg", algorithm) == algorithm
        )

    def _claims(self, token: bytes, key: Any, algorithm: str) -> dict[str, Any] | None:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=self._settings.audience,
                issuer=self._settings.issuer,
                leeway=self._settings.skew_seconds,
                options={
                    "require": ["exp", "iat", "iss", "aud", "sub"],
                    "enforce_minimum_key_length": True,
                },
            )
        except jwt.ExpiredSignatureError:
            raise _expired() from None
        except (jwt.PyJWTError, ValueError, TypeError):
            return None
        return claims

    def _principal(self, claims: Mapping[str, Any]) -> Principal:
        """Tenant, app and groups as the claims say; a claim that is no name is never bent into one."""
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


def _header(token: bytes) -> dict[str, Any]:
    """The header, which nothing is believed of but which key to try.

    Raises:
        InvalidKey: it can't be read, points to keys of its own, or asks for what we do not do.
    """
    try:
        header: dict[str, Any] = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise unknown() from None
    key_id = header.get("kid")
    if (
        _POINTERS & header.keys()
        or not isinstance(header.get("alg"), str)
        or not (key_id is None or (isinstance(key_id, str) and len(key_id) <= _LONGEST_KEY_ID))
    ):
        raise unknown()
    return header


def _expired() -> InvalidKey:
    return InvalidKey("The token has expired. Get a new one.", param="authorization")
