"""Small values of the gateway's types, shared by several tests."""

from collections.abc import Mapping
from typing import Any

from gateway.exchange import Attempt, Exchange
from gateway.types import Call, Decision, Deployment, Principal, Segment, Verdict


def principal(
    credential_id: str = "billing",
    *,
    tenant: str = "acme",
    app: str = "billing",
    groups: frozenset[str] = frozenset({"finance"}),
) -> Principal:
    """A caller with an API key."""
    return Principal(
        subject=credential_id,
        tenant=tenant,
        app=app,
        groups=groups,
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


def call(text: str = "hello", **changes: Any) -> Call:
    """A parsed chat with one message."""
    values: dict[str, Any] = {
        "dialect": "openai",
        "operation": "chat.completions",
        "model": "deepseek-r1",
        "stream": False,
        "document": {"messages": [{"role": "user", "content": text}]},
        "segments": (Segment(path=("messages", 0, "content"), origin="user", text=text),),
        "tools": frozenset(),
        "modalities": frozenset({"text"}),
        **changes,
    }
    return Call(**values)


def attempt(number: int = 1, **changes: Any) -> Attempt:
    """An attempt at the in-house deployment."""
    values: dict[str, Any] = {
        "number": number,
        "deployment": deployment(),
        "redactions": {},
        "placeholder_key_id": "k1",
        **changes,
    }
    return Attempt(**values)


def exchange(request_id: str = "req_1", **changes: Any) -> Exchange:
    """A request that has just started."""
    return Exchange(
        request_id=request_id,
        started=0.0,
        dialect="openai",
        operation="chat.completions",
        **changes,
    )
