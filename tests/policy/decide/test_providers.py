"""The providers that a router may choose, at the start."""

import pytest

from gateway.errors import ConfigError
from gateway.policy.decide.providers import require_allowed


def test_B32_each_provider_that_policy_refuses_is_a_fault() -> None:
    refused = {"siliconflow": (), "other": ()}
    with pytest.raises(ConfigError) as caught:
        require_allowed("r1", ["siliconflow", "mistral", "other"], refused.get)
    first, second = caught.value.faults
    assert first.startswith("deployments.r1.providers.0: 'siliconflow'")
    assert second.startswith("deployments.r1.providers.2: 'other'")
    require_allowed("r1", ["mistral"], refused.get)
    require_allowed("r1", [], refused.get)
