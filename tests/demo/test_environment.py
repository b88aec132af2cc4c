"""The demonstration's environment starts by itself or says why not."""

from pathlib import Path

import pytest

from gateway.demo import environment as module
from gateway.demo.environment import GatewayDidNotStart, environment


async def test_a_gateway_that_does_not_start_is_told_with_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "POLICIES", tmp_path)
    with pytest.raises(GatewayDidNotStart, match="missing"):
        async with environment(tmp_path):
            pass
