"""Which error a refusal becomes."""

from dataclasses import replace

import pytest

from gateway.errors import (
    ContentBlocked,
    PolicyDenied,
    PolicyError,
    ProviderBlocked,
    PurposeForbidden,
)
from gateway.policy.decide.refusal import refusal
from gateway.types import Decision, Reason, Verdict
from tests.parts.samples import decision


def refused(*codes: tuple[str, ...]) -> Decision:
    base = decision(dict.fromkeys(map(str, range(len(codes))), False))
    candidates = {name: _with(base.candidates[name], codes[int(name)]) for name in base.candidates}
    reasons = tuple(reason for verdict in candidates.values() for reason in verdict.reasons)
    return Decision(
        id="d",
        allow=False,
        reasons=reasons,
        shadow_reasons=(),
        candidates=candidates,
        revision="r",
        facts_hash="f",
    )


def _with(verdict: Verdict, codes: tuple[str, ...]) -> Verdict:
    reasons = tuple(
        Reason(id=code, title=f"T {code}", remedy="R", mode="enforce", code=code) for code in codes
    )
    return replace(verdict, reasons=reasons)


@pytest.mark.parametrize(
    ("codes", "error"),
    [
        ([("content_blocked",)], ContentBlocked),
        ([("content_blocked",), ("content_blocked",)], ContentBlocked),
        ([("content_blocked",), ("provider_blocked",)], PolicyDenied),
        ([("content_blocked", "provider_blocked")], ProviderBlocked),
        ([("provider_blocked",), ("provider_blocked", "policy_denied")], ProviderBlocked),
        ([("purpose_forbidden",)], PurposeForbidden),
        ([("policy_denied",)], PolicyDenied),
        ([()], PolicyDenied),
        ([], PolicyDenied),
    ],
)
def test_the_error_of_a_refusal(codes: list[tuple[str, ...]], error: type[PolicyError]) -> None:
    raised = refusal(refused(*codes))
    assert type(raised) is error
    assert len(raised.reasons) == sum(map(len, codes))
