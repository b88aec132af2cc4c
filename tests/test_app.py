"""The composition root."""

from pathlib import Path

import pytest

from gateway.app import compose
from gateway.errors import ConfigError
from tests.parts.gateways import KEY, prepared, serving

ENVIRON = {"SEKISHO_TEST_KEY": KEY}


async def test_a_running_gateway_is_healthy_and_says_so_by_part(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        assert await served.gateway.health() == {
            "audit": True,
            "policy": True,
            "state": True,
            "identity": True,
            "detector": True,
        }
        assert await served.gateway.ready()


def test_broken_policies_are_faults_of_configuration(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    settings = prepared(tmp_path, policy={"path": str(tmp_path / "empty")})
    with pytest.raises(ConfigError) as caught:
        compose(settings, ENVIRON)
    assert len(caught.value.faults) > 3


def test_a_broken_key_ring_is_a_fault_of_configuration(tmp_path: Path) -> None:
    settings = prepared(tmp_path)
    (tmp_path / "ring.json").write_text("{}")
    with pytest.raises(ConfigError):
        compose(settings, ENVIRON)


def test_one_gateway_per_audit_store(tmp_path: Path) -> None:
    settings = prepared(tmp_path)
    first, second = compose(settings, ENVIRON), compose(settings, ENVIRON)
    assert (
        first.pipeline.policy.current.build.revision
        == second.pipeline.policy.current.build.revision
    )
