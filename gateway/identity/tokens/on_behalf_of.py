"""The end user behind an application's key: a signed token in a header of its own, beside the credential.

The application is who calls; the user changes neither its tenant nor what it may. Records name the user by a keyed hash.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateway.errors import InvalidKey
from gateway.identity.credential import Headers
from gateway.identity.tokens.issuer import Issuer
from gateway.identity.tokens.subjects import subject_key, subject_name, user_name
from gateway.identity.tokens.tokens import Tokens, VerifiedToken, looks_like_a_token
from gateway.keys import KeyRing
from gateway.settings.on_behalf_of import OnBehalfOf
from gateway.types import Principal

HEADER: Final = b"x-sekisho-on-behalf-of"
_MAX_TOKEN_BYTES: Final = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An end user, hidden."""

    name: str
    """As records have it."""
    subject: str
    """As the revocation of a subject has it, which takes back the tokens of either kind."""


class Users:
    """Knows the end users of those applications that may call on behalf of some.

    Args:
        rows: the applications, and the issuers of their users' tokens.
        ring: its keys hide who the users are.
    """

    def __init__(self, rows: Sequence[OnBehalfOf], ring: KeyRing) -> None:
        made = [(row, _tokens(row, ring)) for row in rows]
        self._tokens = [tokens for _, tokens in made]
        self._apps = {(row.tenant, app): (row, tokens) for row, tokens in made for app in row.apps}

    async def start(self) -> None:
        """Fetch the keys of the issuers."""
        for tokens in self._tokens:
            await tokens.start()

    async def close(self) -> None:
        """Let the issuers go."""
        for tokens in self._tokens:
            await tokens.close()

    async def find(self, principal: Principal, headers: Headers) -> VerifiedToken[User] | None:
        """The user on whose behalf a request is made; ``None`` when it is the application's own.

        Raises:
            InvalidKey: a token that proves nobody, one from an application that may send none, or none where one is
                required.
            IdentityUnavailable: the keys of the issuer are out of reach.
        """
        tokens_sent = [value.strip() for name, value in headers if name == HEADER]
        row, tokens = self._apps.get((principal.tenant, principal.app), (None, None))
        if row is None or tokens is None:
            if tokens_sent:
                raise _refusal("This application may not call on behalf of users.")
            return None
        if not tokens_sent and not row.required:
            return None
        if len(tokens_sent) != 1:
            raise _refusal("This application calls on behalf of users: send one token of a user.")
        return await _proven(tokens, tokens_sent[0])


def invalid_user_token() -> InvalidKey:
    """The refusal of a user's token, the same whatever is wrong with it."""
    return _refusal("The user's token proves nobody here, or no longer. Get a new one.")


async def _proven(tokens: Tokens[User], token: bytes) -> VerifiedToken[User]:
    if len(token) > _MAX_TOKEN_BYTES or not looks_like_a_token(token):
        raise invalid_user_token()
    try:
        return await tokens.verify(token)
    except InvalidKey:
        raise invalid_user_token() from None


def _tokens(row: OnBehalfOf, ring: KeyRing) -> Tokens[User]:
    def read(claims: Mapping[str, Any]) -> User:
        if row.tenant_claim is not None and claims.get(row.tenant_claim) != row.tenant:
            raise invalid_user_token()
        subject = str(claims["sub"])
        return User(
            name=user_name(ring, row.tenant, subject),
            subject=subject_name(subject_key(ring), subject),
        )

    return Tokens(row, Issuer(row), read=read)


def _refusal(message: str) -> InvalidKey:
    return InvalidKey(message, param=HEADER.decode())
