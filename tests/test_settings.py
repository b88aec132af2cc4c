"""Configuration: every fault at once, nothing unknown, nothing looser than it says."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.errors import ConfigError
from gateway.settings import Settings, load
from tests.parts.configuration import document

ENVIRON = {"SEKISHO_TEST_KEY": "k" * 20, "HOST_OF_R1": "10.0.0.5"}


def write(folder: Path, content: dict[str, Any] | str) -> Path:
    path = folder / "sekisho.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    (folder / "ring.json").write_text("{}")
    return path


def faults(
    folder: Path, content: dict[str, Any] | str, environ: dict[str, str] | None = None
) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(write(folder, content), ENVIRON if environ is None else environ)
    return caught.value.faults


def good(folder: Path, **changes: Any) -> dict[str, Any]:
    changes.setdefault("policy", {"path": str(folder)})
    return document(folder=str(folder), **changes)


def test_a_good_file_loads_and_variables_are_filled_in(tmp_path: Path) -> None:
    settings = load(write(tmp_path, good(tmp_path, base_url="http://${HOST_OF_R1}/v1")), ENVIRON)
    assert settings.deployments["r1-a"].base_url == "http://10.0.0.5/v1"
    assert settings.deployments["r1-a"].deployment("r1-a").zone == "in-house"
    assert settings.listen.host == "127.0.0.1"


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    broken = good(tmp_path)
    broken["listen"] = {"port": 99999, "prot": 1}
    broken["deployments"]["r1-a"]["zone"] = "basement"
    broken["detect"] = {"languages": ["fr"]}
    told = faults(tmp_path, broken)
    assert {line.partition(":")[0] for line in told} >= {
        "listen.port",
        "listen.prot",
        "deployments.r1-a.zone",
        "detect.languages.0",
    }
    assert any(line.startswith("listen.prot: unknown key") for line in told)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"models": {"m": {"deployments": ["nowhere"]}}}, "no deployment is named 'nowhere'"),
        (
            {
                "models": {
                    "a": {"deployments": ["r1-a"], "aliases": ["b"]},
                    "b": {"deployments": ["r1-a"]},
                }
            },
            "already a name of",
        ),
        ({"keys": {"ring_file": "/nonexistent/ring.json"}}, "does not exist"),
        ({"keys": {}}, "exactly one of"),
        ({"keys": {"ring_env": "NO_SUCH"}}, "NO_SUCH is not set"),
        ({"policy": {"engine": "opa"}}, "`opa` is needed"),
        ({"policy": {"path": ".", "on_error": "allow"}}, "policy.on_error"),
        ({"audit": {"store": "mysql://x"}}, "audit.store"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    tmp_path: Path, change: dict[str, Any], told: str
) -> None:
    assert any(told in line for line in faults(tmp_path, good(tmp_path, **change)))


def test_keys_must_be_there_and_long_enough(tmp_path: Path) -> None:
    assert "16 characters" in faults(tmp_path, good(tmp_path), {"SEKISHO_TEST_KEY": "short"})[0]
    assert "16 characters" in faults(tmp_path, good(tmp_path), {})[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("listen: {port: 1}\nlisten: {port: 2}\n", "given twice"),
        ("a: [", "not valid YAML"),
        ("a: ${NOT_SET_ANYWHERE}", "NOT_SET_ANYWHERE is not set"),
        ("!!python/object/apply:os.system ['true']", "not valid YAML"),
    ],
)
def test_broken_files(tmp_path: Path, text: str, told: str) -> None:
    assert any(told in line for line in faults(tmp_path, text))


def test_a_fault_does_not_repeat_the_value(tmp_path: Path) -> None:
    broken = good(tmp_path)
    broken["identity"]["keys"][0]["key"] = "sk-sekisho-pasted-by-mistake"
    assert "pasted" not in "\n".join(faults(tmp_path, broken))


def test_settings_are_frozen(tmp_path: Path) -> None:
    settings = Settings.model_validate(good(tmp_path))
    with pytest.raises(ValueError, match="frozen"):
        settings.listen.port = 1  # type: ignore[misc]
