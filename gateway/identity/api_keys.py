"""API keys from configuration: hashed when loaded, compared in constant time."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence

from gateway.errors import InvalidKey
from gateway.settings import ApiKey
from gateway.types import Principal

_REMEDY = "Send a key of this gateway as 'Authorization: Bearer …'."


class ApiKeys:
    """Knows the keyed hash of each configured key, and no key.

    Args:
        keys: the rows of ``identity.keys``.
        environ: where each row's ``key_env`` is read from, once.
        hash_key: 32 bytes from the key ring; the hashes are useless without it.
    """

    def __init__(
        self, keys: Iterable[ApiKey], *, environ: Mapping[str, str], hash_key: bytes
    ) -> None:
        self._hash_key = hash_key
        self._principals = {
            self._hash(environ[key.key_env].encode()): _principal(key) for key in keys
        }

    def authenticate(self, headers: Sequence[tuple[bytes, bytes]]) -> Principal:
        """The caller behind the ``Authorization`` header.

        Every stored hash is compared, so the time taken does not tell which one came near.

        Raises:
            InvalidKey: when there is no such header, more than one, or no such key.
        """
        presented = self._hash(_bearer(headers))
        found: Principal | None = None
        for stored, principal in self._principals.items():
            if hmac.compare_digest(stored, presented):
                found = principal
        if found is None:
            raise InvalidKey(f"The key is not known here. {_REMEDY}", param="authorization")
        return found

    def _hash(self, key: bytes) -> bytes:
        return hmac.digest(self._hash_key, key, hashlib.sha256)


def _bearer(headers: Sequence[tuple[bytes, bytes]]) -> bytes:
    values = [value for name, value in headers if name == b"authorization"]
    if len(values) != 1:
        raise InvalidKey(
            f"Exactly one Authorization header is needed. {_REMEDY}", param="authorization"
        )
    scheme, _, key = values[0].strip().partition(b" ")
    if scheme.lower() != b"bearer" or not key.strip():
        raise InvalidKey(
            f"The Authorization header is not a bearer key. {_REMEDY}", param="authorization"
        )
    return key.strip()


def _principal(key: ApiKey) -> Principal:
    return Principal(
        subject=key.id,
        tenant=key.tenant,
        app=key.app,
        groups=frozenset(key.groups),
        credential_id=key.id,
        method="api-key",
    )
