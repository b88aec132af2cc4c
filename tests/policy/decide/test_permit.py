"""Permission can't be had in any other way than from a decision."""

from typing import Any, cast

import pytest

from gateway.errors import PolicyDenied
from gateway.policy.decide.permit import Cleared, clear
from gateway.types import Decision, MaskedCall
from tests.parts.samples import decision, deployment
from tests.policy.samples import call
from tests.redact.samples import vault

MASKED = MaskedCall(
    dialect="openai",
    operation="chat.completions",
    model="m",
    stream=False,
    document={},
    neutral={},
    redactions={},
)


def test_a_permitted_deployment_is_cleared() -> None:
    cleared = clear(
        call=MASKED, vault=vault(), decision=decision({"r1-a": True}), deployment=deployment()
    )
    assert isinstance(cleared, Cleared)
    assert cleared.deployment.name == "r1-a"


@pytest.mark.parametrize("allowed", [{}, {"r1-a": False}, {"r1-a": False, "b": True}, {"b": True}])
def test_T36_any_other_is_not(allowed: dict[str, bool]) -> None:
    with pytest.raises(PolicyDenied):
        clear(call=MASKED, vault=vault(), decision=decision(allowed), deployment=deployment())


def test_a_denied_decision_clears_nothing_whatever_its_verdicts_say() -> None:
    base = decision({"r1-a": True})
    denied = Decision(
        id=base.id,
        allow=False,
        reasons=(),
        shadow_reasons=(),
        candidates=base.candidates,
        revision="r",
        facts_hash="f",
    )
    with pytest.raises(PolicyDenied):
        clear(call=MASKED, vault=vault(), decision=denied, deployment=deployment())


def test_a_raw_call_is_not_cleared() -> None:
    with pytest.raises(TypeError):
        clear(
            call=cast(Any, call()),
            vault=vault(),
            decision=decision({"r1-a": True}),
            deployment=deployment(),
        )


def test_nobody_else_makes_one() -> None:
    with pytest.raises(TypeError, match="clear"):
        Cleared(
            cast(Any, object()),
            call=MASKED,
            vault=vault(),
            decision=decision({"r1-a": True}),
            deployment=deployment(),
        )


MASKED = MaskedCall(
    dialect="openai",
    operation="chat.completions",
    model="m",
    stream=False,
    document={"secret": "Tanaka"},
    neutral={"secret": "Tanaka"},
    redactions={},
)


@pytest.mark.parametrize("seal", [None, object(), "seal", True])
def test_permission_can_not_be_made_up(seal: object) -> None:
    with pytest.raises(TypeError):
        Cleared(
            cast(Any, seal),
            call=MASKED,
            vault=vault(),
            decision=decision({"r1-a": True}),
            deployment=deployment(),
        )
