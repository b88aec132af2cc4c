"""How records and revocations name people: by a keyed hash of what tokens call them, never in clear.

The key is of the ring's oldest root, so that a subject keeps its name when the ring is rotated: what was revoked stays
so, and what was recorded is found.
"""

import hmac
import re
from collections.abc import Iterable
from typing import Final

from gateway.keys import KeyRing

PSEUDONYM: Final = re.compile(r"(oidc|user)-[0-9a-f]{20}")
"""The form of the names that are made here."""


def subject_key(ring: KeyRing) -> bytes:
    """The key of :func:`subject_name`."""
    return ring.derive("", "subject", ring.oldest_id)


def subject_name(hash_key: bytes, subject: str) -> str:
    """The subject of a token that is a credential."""
    return f"oidc-{_pseudonym(hash_key, subject)}"


def user_name(ring: KeyRing, tenant: str, subject: str) -> str:
    """The end user on whose behalf a tenant's application calls: no other tenant's records have the same name."""
    return f"user-{_pseudonym(ring.derive(tenant, 'subject', ring.oldest_id), subject)}"


def user_names(ring: KeyRing, tenants: Iterable[str], subject: str) -> frozenset[str]:
    """Under which names records have a user: one for each tenant, or the one that is given as records have it."""
    if PSEUDONYM.fullmatch(subject):
        return frozenset({subject})
    return frozenset(user_name(ring, tenant, subject) for tenant in tenants)


def revoked_name(ring: KeyRing, subject: str) -> str:
    """Under which name a subject is revoked: what tokens call it, or a name as records have it."""
    return subject if PSEUDONYM.fullmatch(subject) else subject_name(subject_key(ring), subject)


def _pseudonym(key: bytes, subject: str) -> str:
    return hmac.digest(key, subject.encode("utf-8", "replace"), "sha256").hex()[:20]
