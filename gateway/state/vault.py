"""Values that outlive a request, encrypted before they reach the store.

An entry is encrypted with AES-256-GCM (NIST SP 800-38D) under the tenant's ``vault`` key. The tenant, the scope, the name
and the id of the key are its associated data, so that an entry that is copied to another name can't be decrypted there.
Names in the store are keyed hashes: the store sees neither the values nor the names that they belong to.
"""

import hashlib
import hmac
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.keys import KeyRing
from gateway.state.base import State

_NONCE_BYTES: Final = 12
_FORMAT: Final = b"\x01"


class StoredVault:
    """Encrypted entries of one installation, separated by tenant and scope.

    Args:
        state: the store.
        ring: the keys. Entries encrypted under older keys of the ring can still be decrypted.
    """

    def __init__(self, state: State, ring: KeyRing) -> None:
        self._state = state
        self._ring = ring

    async def put(
        self, tenant: str, scope: str, name: str, value: bytes, *, seconds: float
    ) -> None:
        """Store a value for ``seconds``. ``scope`` names what it belongs to: a credential, a stored reply.

        Raises:
            StateUnavailable: the store did not accept it.
        """
        key_id = self._ring.active_id
        key = self._ring.derive(tenant, "vault", key_id)
        # Random 96-bit nonces are safe for 2^32 entries under one key (NIST SP 800-38D, section 8.3).
        nonce = secrets.token_bytes(_NONCE_BYTES)
        ciphertext = AESGCM(key).encrypt(
            nonce, value, _length_prefixed(tenant, scope, name, key_id)
        )
        # The id of the key is readable, since it selects the key; the associated data protects it.
        head = _FORMAT + len(key_id).to_bytes(1, "big") + key_id.encode()
        await self._state.put(
            tenant, self._entry_key(tenant, scope, name), head + nonce + ciphertext, seconds
        )

    async def get(self, tenant: str, scope: str, name: str) -> bytes | None:
        """The value, or ``None`` when there is none that can be decrypted for this tenant, scope and name.

        Raises:
            StateUnavailable: the store did not answer.
        """
        entry = await self._state.get(tenant, self._entry_key(tenant, scope, name))
        return None if entry is None else self._decrypt(entry, tenant, scope, name)

    async def delete(self, tenant: str, scope: str, name: str) -> None:
        """Delete a value.

        Raises:
            StateUnavailable: the store did not answer.
        """
        await self._state.delete(tenant, self._entry_key(tenant, scope, name))

    def _decrypt(self, entry: bytes, tenant: str, scope: str, name: str) -> bytes | None:
        # Of a later release: another gateway that shares the store may be newer.
        if entry[:1] != _FORMAT:
            return None
        start = 2 + int.from_bytes(entry[1:2], "big")
        try:
            key_id = entry[2:start].decode()
            key = self._ring.derive(tenant, "vault", key_id)
            nonce, ciphertext = entry[start : start + _NONCE_BYTES], entry[start + _NONCE_BYTES :]
            return AESGCM(key).decrypt(
                nonce, ciphertext, _length_prefixed(tenant, scope, name, key_id)
            )
        # A damaged or foreign entry is treated as missing: the store is not trusted.
        except (UnicodeDecodeError, KeyError, InvalidTag, ValueError):
            return None

    def _entry_key(self, tenant: str, scope: str, name: str) -> str:
        """The name in the store, keyed with the oldest key of the ring: rotation must not change it."""
        key = self._ring.derive(tenant, "vault", self._ring.oldest_id)
        # "place" is part of stored names: changing it would orphan every entry.
        return hmac.digest(key, _length_prefixed("place", scope, name, ""), hashlib.sha256).hex()


def _length_prefixed(*parts: str) -> bytes:
    """The parts, each preceded by its length, so that different lists never produce the same bytes."""
    return b"".join(len(raw).to_bytes(4, "big") + raw for raw in (part.encode() for part in parts))
