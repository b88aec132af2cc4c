"""Small values of our own types that several tests need."""

from collections.abc import Mapping
from typing import Any

from gateway.types import Decision, Deployment, Principal, Verdict


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


def deployment(name: str = "r1-a", *, base_url: str = "http://127.0.0.1:9/v1") -> Deployment:
    """An in-house deployment."""
    return Deployment(
        name=name,
        kind="openai",
        base_url=base_url,
        model="deepseek-r1",
        operator="self",
        zone="in-house",
        datacentre="JP",
        weights="deepseek-r1",
    )


def verdict(*, allow: bool = True, **changes: Any) -> Verdict:
    """A verdict with the default treatment."""
    values: dict[str, Any] = {
        "allow": allow,
        "reasons": (),
        "shadow_reasons": (),
        "treatment": {},
        "reasoning": "pass",
        "output_depth": "patterns",
        "output_treatment": {},
        "output_use": "allowed",
        **changes,
    }
    return Verdict(**values)


def decision(allowed: Mapping[str, bool], **changes: Any) -> Decision:
    """A decision over deployments by name."""
    return Decision(
        id="d1",
        allow=any(allowed.values()),
        reasons=(),
        shadow_reasons=(),
        candidates={name: verdict(allow=allow, **changes) for name, allow in allowed.items()},
        revision="rev1",
        facts_hash="f1",
    )
