"""Placeholders: ``[PERSON_k7f3q2ab]``, an entity and a keyed digest of the exact surface form.

The digest is stable under a tenant's key: in a later turn the restored value gets the same placeholder, so the provider's prefix
cache stays valid. Base 32 without easily confused characters, after Crockford (https://www.crockford.com/base32.html); eight
characters are 40 bits.
"""

import hashlib
import hmac
import re
from collections.abc import Container

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 8
MAX_DIGEST_LENGTH = 13
MAX_LENGTH = 40
PATTERN = re.compile(
    rf"\[[A-Z][A-Z_]{{0,{MAX_LENGTH - 16}}}_[{ALPHABET}]{{{LENGTH},{MAX_DIGEST_LENGTH}}}\]"
)
"""Matches any placeholder-like text, whether or not it was minted here."""


def digest(key: bytes, value: str) -> str:
    """The keyed digest of a value: 13 characters (65 bits), of which placeholders use the first 8 or more."""
    number = int.from_bytes(
        hmac.digest(key, value.encode("utf-8", "surrogatepass"), hashlib.sha256)
    )
    return "".join(ALPHABET[number >> (5 * i) & 31] for i in range(MAX_DIGEST_LENGTH))


def placeholder(entity: str, digits: str) -> str:
    """The placeholder of an entity with these digest characters; a long entity name is truncated."""
    return f"[{entity[: MAX_LENGTH - 3 - MAX_DIGEST_LENGTH]}_{digits}]"


def mint(key: bytes, entity: str, value: str, minted: Container[str]) -> str:
    """A placeholder for ``value`` that differs from those that this request minted already."""
    # On a collision with another value of the request, more characters of the digest are used.
    digits = digest(key, value)
    for length in range(LENGTH, MAX_DIGEST_LENGTH + 1):
        made = placeholder(entity, digits[:length])
        if made not in minted:
            return made
    raise AssertionError("two values of one request share 65 bits of a keyed digest")
