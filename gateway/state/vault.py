"""Values that outlive a request, sealed before they reach the store.

An entry is AES-256-GCM (NIST SP 800-38D) under the tenant's ``vault`` key. The tenant, the scope, the name and the id
of the key are its associated data, so that an entry that is moved to another place can't be opened there. Names
in the store are keyed digests: the store learns neither values nor what they belong to.
"""

import hashlib
import hmac
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.keys import KeyRing
from gateway.state.base import State

_NONCE: Final = 12
_FORMAT: Final = b"\x01"


class StoredVault:
    """Entries of one installation, apart by tenant and scope.

    Args:
        state: where they are kept.
        ring: its ``vault`` keys seal; entries made under older keys of the ring can still be opened.
    """

    def __init__(self, state: State, ring: KeyRing) -> None:
        self._state = state
        self._ring = ring

    async def put(
        self, tenant: str, scope: str, name: str, value: bytes, *, seconds: float
    ) -> None:
        """Keep a value for a time. ``scope`` says whose it is: a credential, a stored reply.

        Raises:
            StateUnavailable: the store did not take it.
        """
        key_id = self._ring.active_id
        key = self._ring.derive(tenant, "vault", key_id)
        nonce = secrets.token_bytes(_NONCE)
        sealed = AESGCM(key).encrypt(nonce, value, _bound(tenant, scope, name, key_id))
        head = _FORMAT + len(key_id).to_bytes(1, "big") + key_id.encode()
        await self._state.put(
            tenant, self._entry_key(tenant, scope, name), head + nonce + sealed, seconds
        )

    async def get(self, tenant: str, scope: str, name: str) -> bytes | None:
        """The value, or ``None`` when there is none here that this tenant, scope and name can open.

        Raises:
            StateUnavailable: the store did not answer.
        """
        entry = await self._state.get(tenant, self._entry_key(tenant, scope, name))
        return None if entry is None else self._open(entry, tenant, scope, name)

    async def delete(self, tenant: str, scope: str, name: str) -> None:
        """Forget a value.

        Raises:
            StateUnavailable: the store did not answer.
        """
        await self._state.delete(tenant, self._entry_key(tenant, scope, name))

    def _open(self, entry: bytes, tenant: str, scope: str, name: str) -> bytes | None:
        if entry[:1] != _FORMAT:
            return None
        start = 2 + int.from_bytes(entry[1:2], "big")
        try:
            key_id = entry[2:start].decode()
            key = self._ring.derive(tenant, "vault", key_id)
            nonce, sealed = entry[start : start + _NONCE], entry[start + _NONCE :]
            return AESGCM(key).decrypt(nonce, sealed, _bound(tenant, scope, name, key_id))
        except (UnicodeDecodeError, KeyError, InvalidTag, ValueError):
            return None

    def _entry_key(self, tenant: str, scope: str, name: str) -> str:
        """The same whichever key of the ring is active: of the oldest, which is never removed."""
        key = self._ring.derive(tenant, "vault", self._ring.oldest_id)
        return hmac.digest(key, _bound("place", scope, name, ""), hashlib.sha256).hex()


def _bound(*parts: str) -> bytes:
    """The parts, each after its length, so that no two lists of parts spell the same bytes."""
    return b"".join(len(raw).to_bytes(4, "big") + raw for raw in (part.encode() for part in parts))
