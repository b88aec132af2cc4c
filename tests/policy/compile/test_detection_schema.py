from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.policy.compile.bundle import load
from gateway.policy.compile.detection_schema import NEVER_ALLOWED, Detection

SHIPPED = Path(__file__).parents[3] / "policies"


def test_the_shipped_document_lists_nothing() -> None:
    data = load(SHIPPED).data["detection"]
    assert data == {"thresholds": {}, "allow": {}, "deny": {}}


@pytest.mark.parametrize("threshold", [-0.1, 1.1])
def test_a_threshold_is_a_score(threshold: float) -> None:
    with pytest.raises(ValidationError):
        Detection.model_validate({"thresholds": {"PERSON": threshold}, "allow": {}, "deny": {}})


@pytest.mark.parametrize("missing", ["thresholds", "allow", "deny"])
def test_no_part_may_be_left_out(missing: str) -> None:
    document: dict[str, dict[str, object]] = {
        part: {} for part in ("thresholds", "allow", "deny") if part != missing
    }
    with pytest.raises(ValidationError):
        Detection.model_validate(document)


def test_what_can_never_be_allowed() -> None:
    assert {"CREDIT_CARD", "IBAN_CODE", "JP_MY_NUMBER"} <= NEVER_ALLOWED
