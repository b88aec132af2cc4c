"""``sekisho policy check`` and ``build`` report every fault, and a bundle that was built loads."""

import shutil
from pathlib import Path

import orjson
import pytest

from gateway.policy.compile.build import build
from gateway.policy.compile.bundle import load
from tests.parts.commands import run
from tests.parts.opa import ROOT

POLICIES = ROOT / "policies"


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    folder = Path(shutil.copytree(POLICIES, tmp_path / "policies"))
    (folder / "data" / "licences.yaml").unlink()
    operators = folder / "data" / "operators.yaml"
    operators.write_text(operators.read_text().replace("status: denied", "status: forbidden", 1))
    return folder


@pytest.mark.parametrize("verb", [["check"], ["build", "-o"]])
def test_every_fault_is_reported_with_its_file(
    broken: Path, tmp_path: Path, verb: list[str]
) -> None:
    bundle = tmp_path / "bundle.tar.gz"
    command = ["policy", verb[0], str(broken), *([verb[1], str(bundle)] if len(verb) > 1 else [])]
    result = run(*command)
    assert result.exit_code == 1
    assert "licences.yaml: missing" in result.stderr
    assert "operators.yaml:" in result.stderr
    assert "deepseek.status" in result.stderr
    assert not bundle.exists()


def test_faults_as_data(broken: Path) -> None:
    result = run("policy", "check", str(broken), "--json")
    assert result.exit_code == 1
    document = orjson.loads(result.stdout)
    assert document["ok"] is False
    assert len(document["faults"]) == 2


def test_check_names_the_revision() -> None:
    result = run("policy", "check", str(POLICIES), "--json")
    assert result.exit_code == 0
    assert orjson.loads(result.stdout) == {
        "ok": True,
        "faults": [],
        "revision": build(POLICIES).revision,
    }
    assert build(POLICIES).revision in run("policy", "check", str(POLICIES)).stdout


def test_build_writes_a_bundle_that_loads(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.tar.gz"
    result = run("policy", "build", str(POLICIES), "-o", str(bundle), "--json")
    assert result.exit_code == 0
    assert orjson.loads(result.stdout)["revision"] == load(bundle).revision
