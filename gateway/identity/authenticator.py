"""Authentication of a request: from its credentials to a ``Principal``."""

import time
from collections.abc import Callable
from dataclasses import replace

from gateway.errors import InvalidKey
from gateway.identity.certificates.client_certificates import ClientCertificates
from gateway.identity.credential import (
    Headers,
    Peer,
    extract_credential,
    missing_credential,
    unknown_credential,
)
from gateway.identity.keys.api_keys import ApiKeys
from gateway.identity.keys.key_file import KeyFile, prefix_of
from gateway.identity.keys.revocations import Revocations
from gateway.identity.lockout import Lockout
from gateway.identity.tokens.on_behalf_of import EndUsers, invalid_user_token
from gateway.identity.tokens.verifier import TokenVerifier, looks_like_a_token
from gateway.types import Principal


class Authenticator:
    """Authenticates callers with every configured kind of credential; the form of the credential selects the kind.

    Args:
        keys: API keys from the configuration.
        file: API keys made by ``sekisho keys``.
        tokens: verifies tokens of an OpenID provider.
        certificates: identifies callers by client certificates.
        users: identifies end users on whose behalf applications call.
        revocations: what has been revoked.
        lockout: the limit on wrong secrets.
        now: the wall clock.
    """

    def __init__(
        self,
        keys: ApiKeys,
        *,
        file: KeyFile | None,
        tokens: TokenVerifier[Principal] | None,
        certificates: ClientCertificates | None,
        users: EndUsers,
        revocations: Revocations,
        lockout: Lockout,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._keys = keys
        self._file = file
        self._tokens = tokens
        self._certificates = certificates
        self._users = users
        self._revocations = revocations
        self._lockout = lockout
        self._now = now

    async def start(self) -> None:
        """Start to poll revocations and the issuers' keys."""
        await self._revocations.start()
        if self._tokens is not None:
            await self._tokens.start()
        await self._users.start()

    async def close(self) -> None:
        """Stop polling."""
        await self._revocations.close()
        if self._tokens is not None:
            await self._tokens.close()
        await self._users.close()

    def ready(self) -> bool:
        """Whether credentials of every configured kind can be verified now."""
        revocable = any((self._file, self._tokens, self._certificates))
        return (not revocable or self._revocations.fresh()) and (
            self._tokens is None or self._tokens.ready()
        )

    async def authenticate(self, headers: Headers, peer: Peer) -> Principal:
        """The caller behind a request.

        A key or token identifies the caller; a certificate does when neither was sent. When both identify a caller,
        they must belong to the same tenant.

        Raises:
            InvalidKey: the caller is unknown, or its credential has expired or was revoked.
            RateLimited: too many wrong secrets came from this address.
            IdentityUnavailable: the revocations or the issuer's keys are unavailable.
        """
        # Checked even when a key was sent too: a revoked certificate must refuse the request.
        certified = await self._by_certificate(headers, peer)
        credential = extract_credential(headers)
        if credential is None:
            if certified is None:
                raise missing_credential()
            return certified
        principal = await self._by_credential(credential, peer.address)
        if certified is not None and certified.tenant != principal.tenant:
            raise InvalidKey("The key and the certificate belong to different tenants.")
        return principal

    async def on_behalf(self, principal: Principal, headers: Headers) -> Principal:
        """The caller, with the end user on whose behalf it calls, if there is one.

        Raises:
            InvalidKey: the application may not call on behalf of users, must do so, or sent a token that is invalid or
                revoked.
            IdentityUnavailable: the revocations or the issuer's keys are unavailable.
        """
        known = await self._users.find(principal, headers)
        if known is None:
            return principal
        await self._revocations.require_fresh()
        user = known.identity
        if self._revoked(principal.tenant, user.name, user.subject, known.token_id):
            raise invalid_user_token()
        return replace(principal, user=user.name)

    async def _by_certificate(self, headers: Headers, peer: Peer) -> Principal | None:
        if self._certificates is None:
            return None
        holder = self._certificates.holder(headers, peer)
        if holder is None:
            return None
        await self._revocations.require_fresh()
        principal = holder.principal
        if self._revoked(principal.tenant, principal.credential_id, holder.certificate):
            raise InvalidKey("The certificate was revoked. Get a new one.")
        return principal

    async def _by_credential(self, credential: bytes, address: str) -> Principal:
        # Configured keys first: they may have any form, also that of a
        # key of the file or of a token.
        configured = self._keys.find(credential)
        if configured is not None:
            # The list may be old here: configured keys are withdrawn in the
            # configuration and work without the store.
            if self._revocations.revoked(configured.credential_id):
                raise unknown_credential()
            return configured
        prefix = prefix_of(credential)
        if self._file is not None and prefix is not None:
            return await self._by_file(self._file, credential, prefix, address)
        if self._tokens is not None and looks_like_a_token(credential):
            return await self._by_token(self._tokens, credential)
        raise unknown_credential()

    async def _by_file(
        self, file: KeyFile, credential: bytes, prefix: str, address: str
    ) -> Principal:
        # Only prefixes that exist are counted: otherwise anyone could fill the lockout with made-up ones.
        if not file.knows(prefix):
            raise unknown_credential()
        self._lockout.check(address, prefix)
        row = file.find(credential)
        if row is None:
            self._lockout.failed(address, prefix)
            raise unknown_credential()
        # Only after the secret was verified: nobody else may make the gateway query the store.
        await self._revocations.require_fresh()
        if self._revocations.revoked(row.prefix, row.id) or not row.usable(self._now()):
            raise InvalidKey(
                "The key has expired or was revoked. Ask for a new one.", param="authorization"
            )
        return row.principal()

    async def _by_token(self, tokens: TokenVerifier[Principal], credential: bytes) -> Principal:
        known = await tokens.verify(credential)
        await self._revocations.require_fresh()
        principal = known.identity
        if self._revoked(principal.tenant, principal.credential_id, known.token_id):
            raise unknown_credential()
        return principal

    def _revoked(self, tenant: str, *names: str) -> bool:
        """Whether any of these names was revoked, for every tenant or for this one (``tenant/name``)."""
        return self._revocations.revoked(*names, *(f"{tenant}/{name}" for name in names))
