"""API keys from configuration: hashed when loaded, compared in constant time."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence

from gateway.errors import InvalidKey
from gateway.settings import ApiKey
from gateway.types import Principal

_REMEDY = "Send a key of this gateway as 'Authorization: Bearer …', 'api-key' or 'x-api-key'."
_HEADERS = (b"authorization", b"api-key", b"x-api-key")
"""Where SDKs put the key: OpenAI's and most others, Azure's, Anthropic's."""


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
        """The caller behind the key, which SDKs send in one of three headers.

        Every stored hash is compared, so the time taken does not tell which one came near.

        Raises:
            InvalidKey: when there is no such header, more than one key, or no such key.
        """
        presented = self._hash(_presented(headers))
        found: Principal | None = None
        for stored, principal in self._principals.items():
            if hmac.compare_digest(stored, presented):
                found = principal
        if found is None:
            raise InvalidKey(f"The key is not known here. {_REMEDY}", param="authorization")
        return found

    def _hash(self, key: bytes) -> bytes:
        return hmac.digest(self._hash_key, key, hashlib.sha256)


def _presented(headers: Sequence[tuple[bytes, bytes]]) -> bytes:
    """The one key in the headers; a client that sends it in two of them sends the same key twice."""
    given = [(name, value.strip()) for name, value in headers if name in _HEADERS]
    names = [name for name, _ in given]
    keys = {_key(name, value) for name, value in given}
    if len(set(names)) != len(names) or len(keys) != 1:
        raise InvalidKey(f"Exactly one key is needed. {_REMEDY}", param="authorization")
    return keys.pop()


def _key(name: bytes, value: bytes) -> bytes:
    if name != b"authorization":
        scheme, key = b"bearer", value
    else:
        scheme, _, key = value.partition(b" ")
    if scheme.lower() != b"bearer" or not key.strip():
        raise InvalidKey(f"A header holds no key. {_REMEDY}", param=name.decode())
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
