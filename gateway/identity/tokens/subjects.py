"""Pseudonyms of people in records and revocations: keyed hashes of the subjects of their tokens.

The key is derived from the ring's oldest root, so that a subject keeps its pseudonym when the ring is rotated: revocations
stay in force, and older records can still be found.
"""

import hmac
import re
from collections.abc import Iterable
from typing import Final

from gateway.keys import KeyRing

PSEUDONYM: Final = re.compile(r"(oidc|user)-[0-9a-f]{20}")
"""The form of a pseudonym."""


def subject_key(ring: KeyRing) -> bytes:
    """The key of :func:`subject_name`."""
    return ring.derive("", "subject", ring.oldest_id)


def subject_name(hash_key: bytes, subject: str) -> str:
    """The pseudonym of the subject of a token that is used as a credential."""
    return f"oidc-{_pseudonym(hash_key, subject)}"


def user_name(ring: KeyRing, tenant: str, subject: str) -> str:
    """The pseudonym of an end user. It differs for each tenant, so that records of tenants can't be correlated."""
    return f"user-{_pseudonym(ring.derive(tenant, 'subject', ring.oldest_id), subject)}"


def user_names(ring: KeyRing, tenants: Iterable[str], subject: str) -> frozenset[str]:
    """The pseudonyms of a user in records: one for each tenant. A pseudonym is returned as it is."""
    if PSEUDONYM.fullmatch(subject):
        return frozenset({subject})
    return frozenset(user_name(ring, tenant, subject) for tenant in tenants)


def revoked_name(ring: KeyRing, subject: str) -> str:
    """The name under which a subject is revoked, from its ``sub`` or from its pseudonym in records."""
    return subject if PSEUDONYM.fullmatch(subject) else subject_name(subject_key(ring), subject)


def _pseudonym(key: bytes, subject: str) -> str:
    # 80 bits: enough that two subjects do not collide. "replace": a JSON string may hold lone surrogates.
    return hmac.digest(key, subject.encode("utf-8", "replace"), "sha256").hex()[:20]
