"""Who is calling: one credential in, a ``Principal`` out."""

import time
from collections.abc import Callable

from gateway.errors import InvalidKey
from gateway.identity.api_keys import ApiKeys
from gateway.identity.credential import Headers, presented, unknown
from gateway.identity.key_file import KeyFile, prefix_of
from gateway.identity.lockout import Lockout
from gateway.identity.revocations import Revocations
from gateway.identity.tokens import Tokens, looks_like_a_token
from gateway.types import Principal


class Authenticator:
    """Every way to prove who calls, tried by the form of the credential; what is not proven is refused.

    Args:
        keys: those of the configuration.
        file: those made by ``sekisho keys``.
        tokens: of an OpenID provider.
        revocations: what was taken back.
        lockout: the bound on guessing.
        now: the wall clock.
    """

    def __init__(
        self,
        keys: ApiKeys,
        *,
        file: KeyFile | None,
        tokens: Tokens | None,
        revocations: Revocations,
        lockout: Lockout,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._keys = keys
        self._file = file
        self._tokens = tokens
        self._revocations = revocations
        self._lockout = lockout
        self._now = now

    async def start(self) -> None:
        """Begin to learn of revocations and of the issuer's keys."""
        await self._revocations.start()
        if self._tokens is not None:
            await self._tokens.start()

    async def close(self) -> None:
        """Stop learning."""
        await self._revocations.close()
        if self._tokens is not None:
            await self._tokens.close()

    def able(self) -> bool:
        """Whether credentials of every configured kind could be judged now."""
        revocable = self._file is not None or self._tokens is not None
        return (not revocable or self._revocations.fresh()) and (
            self._tokens is None or self._tokens.able()
        )

    async def authenticate(self, headers: Headers, address: str) -> Principal:
        """The caller behind a request from ``address``.

        Raises:
            InvalidKey: nobody whom this gateway knows, or no longer.
            RateLimited: too many wrong secrets came from that address.
            IdentityUnavailable: what is needed to judge is out of reach.
        """
        credential = presented(headers)
        configured = self._keys.find(credential)
        if configured is not None:
            if self._revocations.revoked(configured.credential_id):
                raise unknown()
            return configured
        prefix = prefix_of(credential)
        if self._file is not None and prefix is not None:
            return await self._by_file(self._file, credential, prefix, address)
        if self._tokens is not None and looks_like_a_token(credential):
            return await self._by_token(self._tokens, credential)
        raise unknown()

    async def _by_file(
        self, file: KeyFile, credential: bytes, prefix: str, address: str
    ) -> Principal:
        if not file.knows(prefix):
            raise unknown()
        self._lockout.check(address, prefix)
        row = file.find(credential)
        if row is None:
            self._lockout.failed(address, prefix)
            raise unknown()
        await self._revocations.require_fresh()
        if self._revocations.revoked(row.prefix, row.id) or not row.usable(self._now()):
            raise InvalidKey(
                "The key has expired or was revoked. Ask for a new one.", param="authorization"
            )
        return row.principal()

    async def _by_token(self, tokens: Tokens, credential: bytes) -> Principal:
        known = await tokens.verify(credential)
        await self._revocations.require_fresh()
        names = (known.principal.credential_id, known.token_id)
        scoped = (f"{known.principal.tenant}/{name}" for name in names)
        if self._revocations.revoked(*names, *scoped):
            raise unknown()
        return known.principal
