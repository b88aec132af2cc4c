"""Whose a host is."""

import pytest

from gateway.policy.compile.build import Build
from gateway.policy.decide.hosts import covered, host_operator


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
