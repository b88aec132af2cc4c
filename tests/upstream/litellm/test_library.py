"""Which litellm is used, and that it comes up without a word to anyone."""

import importlib.metadata
import subprocess
import sys

import pytest

from gateway.app import compose
from gateway.errors import ConfigError
from gateway.upstream.litellm.library import MALICIOUS, VERSION, fault
from tests.parts.configuration import deployment
from tests.parts.gateways import KEY, prepared
from tests.parts.vendors import needs_litellm

QUIET = """
import logging, sys
reached = []
sys.addaudithook(lambda event, args: reached.append(event) if event in {"socket.connect", "socket.getaddrinfo"} else None)
from gateway.upstream.litellm.library import load
load()
import litellm
logging.getLogger("LiteLLM").error("PLANTED")
assert not reached, reached
assert not litellm.callbacks and not litellm.success_callback and not litellm.failure_callback
assert litellm.telemetry is False and litellm.drop_params is False
"""


@pytest.mark.parametrize("version", sorted(MALICIOUS))
def test_T54_a_malicious_release_is_refused(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda _: version)
    assert "malicious" in fault()


def test_T54_only_the_tested_version_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "1.109.1")
    assert VERSION in fault()


def test_without_the_extra_the_fault_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(_: str) -> str:
        raise importlib.metadata.PackageNotFoundError

    monkeypatch.setattr(importlib.metadata, "version", missing)
    assert "sekisho[litellm]" in fault()


def test_T54_the_gateway_does_not_start_with_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = deployment("https://api.anthropic.com/v1", kind="litellm", family="anthropic")
    settings = prepared(
        tmp_path_factory.mktemp("g"),
        deployments={"r1-a": place},
        models={"deepseek-r1": {"deployments": ["r1-a"]}},
    )
    monkeypatch.setattr("gateway.app.litellm_fault", lambda: "litellm 1.107.0 is malicious")
    with pytest.raises(ConfigError, match=r"deployments\.r1-a: litellm 1\.107\.0"):
        compose(settings, {"SEKISHO_TEST_KEY": KEY})


@needs_litellm
def test_T55_litellm_is_loaded_without_a_connection_a_name_or_a_log_line() -> None:
    ran = subprocess.run([sys.executable, "-c", QUIET], capture_output=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, b""), ran.stderr
    assert b"PLANTED" not in ran.stderr
