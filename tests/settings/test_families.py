from typing import Any

import pytest
from pydantic import ValidationError

from gateway.settings.deployments import DeploymentSettings
from gateway.settings.families import refusal
from tests.parts.configuration import deployment

URL = "https://api.example.com/v1"


@pytest.mark.parametrize(
    ("family", "reason"),
    [
        ("deepseek", "own cloud"),
        ("openrouter", "providers"),
        ("litellm_proxy", "can't be known"),
        ("cohere", "not been shown"),
    ],
)
def test_T38_a_family_that_is_not_enabled_is_refused_by_name_with_the_reason(
    family: str, reason: str
) -> None:
    with pytest.raises(ValidationError, match=reason) as caught:
        DeploymentSettings.model_validate(deployment(URL, kind="litellm", family=family))
    assert f"family '{family}' is not enabled" in str(caught.value)
    assert refusal("anthropic") == ""


@pytest.mark.parametrize(
    "place",
    [
        {"kind": "litellm"},
        {"family": "anthropic"},
        {"kind": "litellm", "family": "gemini", "probe": {}},
        {"kind": "litellm", "family": "gemini", "providers": ["deepinfra"]},
    ],
)
def test_a_kind_goes_with_its_own_settings(place: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        DeploymentSettings.model_validate(deployment(URL, **place))
