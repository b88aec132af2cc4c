"""Signed tokens of an OpenID provider: verified before any of their content is trusted or cached.

JSON Web Token (RFC 7519), its best current practices (RFC 8725): the algorithm is configured and fits the
type of the key; the key is one of the issuer's own, by id; a URL in the token's header is never fetched.
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

# The signature may be empty: a token with `alg: none` is refused as a token, not as an unknown key.
_FORM: Final = re.compile(rb"[A-Za-z0-9_-]{2,}\.[A-Za-z0-9_-]{2,}\.[A-Za-z0-9_-]*")
# By the first two letters of the algorithm (RFC 7518, section 3.1; RFC 8037).
_KEY_TYPES: Final = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
# Header parameters that bring or locate a key of the token's own (RFC 8725, section 3.10), demand extensions,
# or compress (section 3.6): any of them makes the token invalid.
_FORBIDDEN_PARAMETERS: Final = frozenset({"jku", "jwk", "x5u", "x5c", "crit", "zip"})
_CACHE_SIZE: Final = 10_000
_MAX_KEY_ID_LENGTH: Final = 256
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedToken(Generic[_T]):
    """The content of a verified token."""

    identity: _T
    token_id: str
    """The name under which this one token can be revoked."""
    expires: float
    """Seconds since the epoch, clock skew included."""
    generation: int
    """That of the issuer's keys when the token was verified."""


def looks_like_a_token(credential: bytes) -> bool:
    """Whether it has the form of a signed token (RFC 7515, compact serialisation)."""
    return _FORM.fullmatch(credential) is not None


def token_name(token_id: str) -> str:
    """The name of one token in revocations: its ``jti``, or the SHA-256 of its bytes when it has none."""
    return f"token:{token_id}"


class TokenVerifier(Generic[_T]):
    """Verifies the tokens of one issuer.

    Args:
        settings: issuer, audience, algorithms.
        issuer: its keys.
        read: maps verified claims to an identity; raises ``InvalidKey`` when they do not describe one.
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
        """Stop refreshing the issuer's keys."""
        await self._issuer.close()

    def ready(self) -> bool:
        """Whether the issuer's keys are known and recent enough."""
        return self._issuer.ready()

    async def verify(self, token: bytes) -> VerifiedToken[_T]:
        """The content of a token, once it is verified.

        A verified token is cached until it expires or the issuer's keys change.

        Raises:
            InvalidKey: the token is invalid.
            IdentityUnavailable: the issuer's keys are unavailable.
        """
        # The hash covers every byte, the signature included: a changed token never hits the entry of a valid one.
        name = hashlib.sha256(token).digest()
        known = self._cache.get(name)
        # A change of the issuer's keys invalidates the cache: a withdrawn key must not remain in it.
        if known is not None and known.generation == self._issuer.generation and self.ready():
            if self._now() >= known.expires:
                raise _expired()
            self._cache.move_to_end(name)
            return known
        known = await self._read(token, name)
        # Only valid tokens are cached: anyone could fill it with others.
        self._cache[name] = known
        if len(self._cache) > _CACHE_SIZE:
            self._cache.popitem(last=False)
        return known

    async def _read(self, token: bytes, name: bytes) -> VerifiedToken[_T]:
        header = _header(token)
        key_id, algorithm = header.get("kid"), header["alg"]
        claims = await self._verified_claims(token, key_id, algorithm)
        if claims is None and key_id is None and await self._issuer.refresh_if_due():
            # Without a key id, only a failed verification hints at a new key of the issuer.
            claims = await self._verified_claims(token, key_id, algorithm)
        if claims is None:
            raise unknown_credential()
        return VerifiedToken(
            identity=self._read_claims(claims),
            token_id=token_name(str(claims.get("jti") or name.hex())),
            expires=float(claims["exp"]) + self._settings.skew_seconds,
            # No await since the key was found, so this is the generation of that key.
            generation=self._issuer.generation,
        )

    async def _verified_claims(
        self, token: bytes, key_id: str | None, algorithm: str
    ) -> dict[str, Any] | None:
        """The claims, if the issuer's key with that id signed them for our audience; else ``None``."""
        key = await self._issuer.key(key_id)
        if key is None or not self._fits(algorithm, key):
            return None
        return self._claims(token, key.key, algorithm)

    def _fits(self, algorithm: object, key: jwt.PyJWK) -> bool:
        jwk = key._jwk_data  # noqa: SLF001  # the library has no public access to `kty` and `alg`
        # The key decides, not the token: an RSA public key must never be used as an HMAC secret (RFC 8725, section 3.1).
        return (
            algorithm in self._settings.algorithms
            and _KEY_TYPES.get(str(algorithm)[:2]) == jwk["kty"]
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
                    # PyJWT checks a claim only where the token has it, and
                    # only warns about short keys.
                    "require": ["exp", "iat", "iss", "aud", "sub"],
                    "enforce_minimum_key_length": True,
                },
            )
        except jwt.ExpiredSignatureError:
            raise _expired() from None
        except (jwt.PyJWTError, ValueError, TypeError):
            # Malformed tokens reach deep into the library.
            return None
        return claims


def _header(token: bytes) -> dict[str, Any]:
    """The unverified header. It only selects the key and the algorithm to try.

    Raises:
        InvalidKey: it can't be read, brings its own key, or demands an extension.
    """
    try:
        header: dict[str, Any] = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):  # recursion: deeply nested JSON
        raise unknown_credential() from None
    key_id = header.get("kid")
    if (
        _FORBIDDEN_PARAMETERS & header.keys()
        or not isinstance(header.get("alg"), str)
        or not (key_id is None or (isinstance(key_id, str) and len(key_id) <= _MAX_KEY_ID_LENGTH))
    ):
        raise unknown_credential()
    return header


def _expired() -> InvalidKey:
    return InvalidKey("The token has expired. Get a new one.", param="authorization")
