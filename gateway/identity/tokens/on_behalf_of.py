"""The end user on whose behalf an application calls: a signed token in its own header, in addition to the credential.

The application remains the caller: the user changes neither its tenant nor its permissions. Records name the user by a
keyed hash.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateway.background import Background
from gateway.errors import InvalidKey
from gateway.identity.credential import Headers
from gateway.identity.tokens.issuer import Issuer
from gateway.identity.tokens.subjects import subject_key, subject_name, user_name
from gateway.identity.tokens.verifier import TokenVerifier, VerifiedToken, looks_like_a_token
from gateway.keys import KeyRing
from gateway.settings.on_behalf_of import OnBehalfOf
from gateway.types import Principal

HEADER: Final = b"x-sekisho-on-behalf-of"
_MAX_TOKEN_BYTES: Final = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class EndUser:
    """An end user, pseudonymised."""

    name: str
    """The pseudonym in records: a keyed hash per tenant."""
    subject: str
    """The pseudonym in revocations of a subject, which revoke its tokens both here and as credentials."""


class EndUsers:
    """Identifies end users, for the applications that may call on their behalf.

    Args:
        rows: the applications, and the issuers of their users' tokens.
        ring: the keys of the pseudonyms.
        background: runs the refreshing of the issuers' keys.
    """

    def __init__(
        self, rows: Sequence[OnBehalfOf], ring: KeyRing, background: Background | None = None
    ) -> None:
        verifiers = [(row, _verifier(row, ring, background)) for row in rows]
        self._tokens = [tokens for _, tokens in verifiers]
        self._apps = {
            (row.tenant, app): (row, tokens) for row, tokens in verifiers for app in row.apps
        }

    async def start(self) -> None:
        """Fetch the issuers' keys."""
        for tokens in self._tokens:
            await tokens.start()

    async def close(self) -> None:
        """Stop refreshing the issuers' keys."""
        for tokens in self._tokens:
            await tokens.close()

    async def find(self, principal: Principal, headers: Headers) -> VerifiedToken[EndUser] | None:
        """The user on whose behalf a request is made; ``None`` when there is none.

        Raises:
            InvalidKey: the token is invalid, the application may not send one, or a required one is missing.
            IdentityUnavailable: the issuer's keys are unavailable.
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
            raise _refusal(
                "This application calls on behalf of users: send exactly one token of a user."
            )
        return await _verified(tokens, tokens_sent[0])


def invalid_user_token() -> InvalidKey:
    """The refusal of a user's token. It is the same for every cause, so that it helps nobody to guess."""
    return _refusal("The user's token is invalid, expired or revoked. Get a new one.")


async def _verified(tokens: TokenVerifier[EndUser], token: bytes) -> VerifiedToken[EndUser]:
    # Bounded before parsing: the header comes from outside and is not limited by the body's limit.
    if len(token) > _MAX_TOKEN_BYTES or not looks_like_a_token(token):
        raise invalid_user_token()
    try:
        return await tokens.verify(token)
    except InvalidKey:
        # The verifier's message is about the Authorization header, which is a different credential here.
        raise invalid_user_token() from None


def _verifier(
    row: OnBehalfOf, ring: KeyRing, background: Background | None
) -> TokenVerifier[EndUser]:
    def read(claims: Mapping[str, Any]) -> EndUser:
        # An issuer may serve several tenants: a token of another tenant's user is refused.
        if row.tenant_claim is not None and claims.get(row.tenant_claim) != row.tenant:
            raise invalid_user_token()
        subject = str(claims["sub"])
        return EndUser(
            name=user_name(ring, row.tenant, subject),
            subject=subject_name(
                subject_key(ring), subject
            ),  # tenant-independent, as a revocation is
        )

    return TokenVerifier(row, Issuer(row, background=background), read=read)


def _refusal(message: str) -> InvalidKey:
    return InvalidKey(message, param=HEADER.decode())
