"""Signed tokens of an OpenID provider: verified before anything about them is believed or remembered.

JSON Web Token (RFC 7519), its best current practices (RFC 8725): the algorithm is one that we allow and that fits the
key; the key is one of the issuer's own, by id; nothing that a token's header points to is ever fetched.
"""

import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import jwt

from gateway.errors import InvalidKey
from gateway.identity.credential import unknown_credential
from gateway.identity.tokens.issuer import Issuer
from gateway.settings.provider import Provider

_FORM: Final = re.compile(rb"[A-Za-z0-9_-]{2,}\.[A-Za-z0-9_-]{2,}\.[A-Za-z0-9_-]*")
_FAMILIES: Final = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
_POINTERS: Final = frozenset({"jku", "jwk", "x5u", "x5c", "crit", "zip"})
_CACHE_SIZE: Final = 10_000
_MAX_KEY_ID_LENGTH: Final = 256
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedToken(Generic[_T]):
    """What a verified token says."""

    identity: _T
    token_id: str
    """Under which this one token can be revoked."""
    expires: float
    generation: int


def looks_like_a_token(credential: bytes) -> bool:
    """Whether it has the form of a signed token (RFC 7515, compact serialisation)."""
    return _FORM.fullmatch(credential) is not None


def token_name(token_id: str) -> str:
    """How a revocation names one token: by its ``jti``, or by SHA-256 of its bytes when it has none."""
    return f"token:{token_id}"


class Tokens(Generic[_T]):
    """Verifies the tokens of one issuer.

    Args:
        settings: issuer, audience, algorithms.
        issuer: its keys.
        read: what verified claims prove; raises ``InvalidKey`` when that is nothing.
        now: the wall clock.
    """

    def __init__(
        self,
        settings: Provider,
        issuer: Issuer,
        *,
        read: Callable[[Mapping[str, Any]], _T],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._read_claims = read
        self._issuer = issuer
        self._now = now
        self._cache: OrderedDict[bytes, VerifiedToken[_T]] = OrderedDict()

    async def start(self) -> None:
        """Fetch the issuer's keys."""
        await self._issuer.start()

    async def close(self) -> None:
        """Let the issuer go."""
        await self._issuer.close()

    def ready(self) -> bool:
        """Whether the issuer's keys may be relied on."""
        return self._issuer.ready()

    async def verify(self, token: bytes) -> VerifiedToken[_T]:
        """What a token proves.

        It is remembered by the hash of all of its bytes, signature included, once it was verified, until it expires
        or the issuer's keys change.

        Raises:
            InvalidKey: it proves nothing here.
            IdentityUnavailable: the issuer's keys are out of reach.
        """
        name = hashlib.sha256(token).digest()
        known = self._cache.get(name)
        if known is not None and known.generation == self._issuer.generation and self.ready():
            if self._now() >= known.expires:
                raise _expired()
            self._cache.move_to_end(name)
            return known
        known = await self._read(token, name)
        self._cache[name] = known
        if len(self._cache) > _CACHE_SIZE:
            self._cache.popitem(last=False)
        return known

    async def _read(self, token: bytes, name: bytes) -> VerifiedToken[_T]:
        header = _header(token)
        key_id, algorithm = header.get("kid"), header["alg"]
        claims = await self._proven(token, key_id, algorithm)
        if claims is None and key_id is None and await self._issuer.refresh_if_due():
            # A token that names no key may be signed with one that the issuer has had since.
            claims = await self._proven(token, key_id, algorithm)
        if claims is None:
            raise unknown_credential()
        return VerifiedToken(
            identity=self._read_claims(claims),
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
        jwk = key._jwk_data  # noqa: SLF001  # the library shows the key's own words nowhere else
        return (
            algorithm in self._settings.algorithms
            and _FAMILIES.get(str(algorithm)[:2]) == jwk["kty"]
            and jwk.get("alg", algorithm) == algorithm
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


def _header(token: bytes) -> dict[str, Any]:
    """The header, which nothing is believed of but which key to try.

    Raises:
        InvalidKey: it can't be read, points to keys of its own, or asks for what we do not do.
    """
    try:
        header: dict[str, Any] = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise unknown_credential() from None
    key_id = header.get("kid")
    if (
        _POINTERS & header.keys()
        or not isinstance(header.get("alg"), str)
        or not (key_id is None or (isinstance(key_id, str) and len(key_id) <= _MAX_KEY_ID_LENGTH))
    ):
        raise unknown_credential()
    return header


def _expired() -> InvalidKey:
    return InvalidKey("The token has expired. Get a new one.", param="authorization")
