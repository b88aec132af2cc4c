"""API keys from the configuration: hashed when loaded, compared in constant time."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping

from gateway.identity.roles import configured
from gateway.settings.identity import ApiKey
from gateway.types import Principal


class ApiKeys:
    """Finds callers by their configured API keys. Only keyed hashes of the keys are kept.

    Args:
        keys: the rows of ``identity.keys``.
        environ: the environment; each row's ``key_env`` is read from it once.
        hash_key: 32 bytes from the key ring; the hashes are useless without it.
    """

    def __init__(
        self, keys: Iterable[ApiKey], *, environ: Mapping[str, str], hash_key: bytes
    ) -> None:
        self._hash_key = hash_key
        self._principals = {
            self._hash(environ[key.key_env].encode()): configured(key, "api-key") for key in keys
        }

    def find(self, credential: bytes) -> Principal | None:
        """The caller with that key, or ``None``.

        The time taken depends neither on which key matches nor on how much of it does.
        """
        # Hashes are of one length, so that comparing them does not reveal that of a key.
        presented = self._hash(credential)
        found: Principal | None = None
        for stored, principal in self._principals.items():
            # No early return: every stored hash is compared, in constant time, or the time would reveal the match.
            if hmac.compare_digest(stored, presented):
                found = principal
        return found

    def _hash(self, key: bytes) -> bytes:
        return hmac.digest(self._hash_key, key, hashlib.sha256)
