"""Configuration: every fault at once, nothing unknown, nothing looser than it says."""

from pathlib import Path

import pytest

from gateway.settings.load import load
from tests.settings.files import ENVIRON, faults, good, write
from tests.text.test_yaml_document import MALFORMED


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
    found = faults(tmp_path, broken)
    assert {line.partition(":")[0] for line in found} >= {
        "listen.port",
        "listen.prot",
        "deployments.r1-a.zone",
        "detect.languages.0",
    }
    assert any(line.startswith("listen.prot: unknown key") for line in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("listen: {port: 1}\nlisten: {port: 2}\n", "given twice"),
        ("a: [", "not valid YAML"),
        ("a: ${NOT_SET_ANYWHERE}", "NOT_SET_ANYWHERE is not set"),
        ("!!python/object/apply:os.system ['true']", "not valid YAML"),
        *(
            pytest.param(text, "not valid YAML", id=f"B40 {name}")
            for name, text in MALFORMED.items()
        ),
    ],
)
def test_broken_files(tmp_path: Path, text: str, expected: str) -> None:
    assert any(expected in line for line in faults(tmp_path, text))


def test_a_fault_does_not_repeat_the_value(tmp_path: Path) -> None:
    broken = good(tmp_path)
    broken["identity"]["keys"][0]["key"] = "sk-sekisho-pasted-by-mistake"
    assert "pasted" not in "\n".join(faults(tmp_path, broken))
