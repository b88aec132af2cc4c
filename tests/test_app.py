"""The composition root."""

import asyncio
from pathlib import Path

import pytest
import structlog

from gateway import timeouts
from gateway.app import compose
from gateway.background import NotClosed
from gateway.errors import ConfigError
from tests.parts import configuration
from tests.parts.gateways import KEY, detector, prepared, serving

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


@pytest.mark.parametrize(
    "providers", [["siliconflow"], ["mistral", "Silicon-Flow/fp8"], ["DashScope"]]
)
def test_B32_a_provider_that_is_no_allowed_operator_is_a_fault(
    tmp_path: Path, providers: list[str]
) -> None:
    router = configuration.deployment("http://127.0.0.1:9/v1", providers=providers)
    settings = prepared(tmp_path, more_deployments={"router": router})
    with pytest.raises(ConfigError, match=r"deployments\.router\.providers"):
        compose(settings, ENVIRON)


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


async def test_B41_a_part_that_does_not_close_is_named_and_the_others_are_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last part to be closed is the audit log: it is, whatever the parts before it do."""
    monkeypatch.setattr(timeouts, "PART_CLOSE", 3.0)
    gateway = compose(prepared(tmp_path), ENVIRON, detector=detector())

    async def hang() -> None:
        await asyncio.Event().wait()

    async def fail() -> None:
        raise OSError

    monkeypatch.setattr(gateway.state, "close", hang)
    monkeypatch.setattr(gateway.prober, "close", fail)
    with (
        structlog.testing.capture_logs() as logged,
        pytest.raises(NotClosed, match="probes, state"),
    ):
        async with gateway.running():
            pass
    unclosed = [
        (line["part"], line["error_type"]) for line in logged if line["event"] == "close_failed"
    ]
    assert unclosed == [("probes", "OSError"), ("state", "TimeoutError")]
    assert not await gateway.audit.ready()
    assert gateway.background.health() == {}


async def test_a_fault_of_the_start_is_not_hidden_by_a_part_that_does_not_close(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = compose(prepared(tmp_path), ENVIRON, detector=detector())

    async def fail() -> None:
        raise ConfigError(["no start"])

    monkeypatch.setattr(gateway.prober, "start", fail)
    monkeypatch.setattr(gateway.state, "close", fail)
    with pytest.raises(ConfigError):
        async with gateway.running():
            pass
