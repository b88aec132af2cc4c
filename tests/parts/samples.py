"""Small values of our own types that several tests need."""

from gateway.types import Principal


def principal(credential_id: str = "billing", *, tenant: str = "acme") -> Principal:
    """A caller with an API key."""
    return Principal(
        subject=credential_id,
        tenant=tenant,
        app="billing",
        groups=frozenset({"finance"}),
        credential_id=credential_id,
        method="api-key",
    )
