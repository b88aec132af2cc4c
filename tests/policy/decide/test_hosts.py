"""Whose a host is."""

import pytest

from gateway.errors import ConfigError
from gateway.policy.compile.build import Build
from gateway.policy.decide.hosts import covered, host_operator, require_allowed


@pytest.mark.parametrize(
    ("host", "operator"),
    [
        ("api.deepseek.com", "deepseek"),
        ("deepseek.com", "deepseek"),
        ("evil-deepseek.com", ""),
        ("deepseek.com.evil.example", ""),
        ("bedrock-runtime.us-east-1.amazonaws.com", "aws-bedrock"),
        ("us-central1-aiplatform.googleapis.com", "google-vertex"),
        ("ark.cn-beijing.volces.com", "volcengine"),
        ("10.0.0.5", ""),
    ],
)
def test_the_operator_of_a_host(shipped: Build, host: str, operator: str) -> None:
    assert host_operator(host, shipped.data["operators"]) == operator


def test_a_star_stands_within_one_label() -> None:
    assert covered("a-x.example", ("*-x.example",))
    assert not covered("a.b-y.example", ("*-x.example",))
    assert not covered("example", ("*.example",))


def test_B32_each_provider_that_policy_refuses_is_a_fault() -> None:
    refused = {"siliconflow": (), "other": ()}
    with pytest.raises(ConfigError) as caught:
        require_allowed("r1", ["siliconflow", "mistral", "other"], refused.get)
    first, second = caught.value.faults
    assert first.startswith("deployments.r1.providers.0: 'siliconflow'")
    assert second.startswith("deployments.r1.providers.2: 'other'")
    require_allowed("r1", ["mistral"], refused.get)
    require_allowed("r1", [], refused.get)
