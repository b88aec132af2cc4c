"""``sekisho policy`` tells every fault and exits with what it found."""

import shutil
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from gateway.cli.policy.commands import app
from gateway.policy.compile.build import build
from gateway.policy.compile.bundle import load
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
def test_every_fault_is_told_with_its_place(broken: Path, tmp_path: Path, verb: list[str]) -> None:
    bundle = tmp_path / "bundle.tar.gz"
    command = [verb[0], str(broken), *([verb[1], str(bundle)] if len(verb) > 1 else [])]
    told = CliRunner().invoke(app, command)
    assert told.exit_code == 1
    assert "licences.yaml: missing" in told.stderr
    assert "operators.yaml:" in told.stderr
    assert "deepseek.status" in told.stderr
    assert not bundle.exists()


def test_faults_as_data(broken: Path) -> None:
    told = CliRunner().invoke(app, ["check", str(broken), "--json"])
    assert told.exit_code == 1
    document = orjson.loads(told.stdout)
    assert document["ok"] is False
    assert len(document["faults"]) == 2


def test_check_names_the_revision() -> None:
    told = CliRunner().invoke(app, ["check", str(POLICIES), "--json"])
    assert told.exit_code == 0
    assert orjson.loads(told.stdout) == {
        "ok": True,
        "faults": [],
        "revision": build(POLICIES).revision,
    }
    assert build(POLICIES).revision in CliRunner().invoke(app, ["check", str(POLICIES)]).stdout


def test_build_writes_a_bundle_that_loads(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.tar.gz"
    told = CliRunner().invoke(app, ["build", str(POLICIES), "-o", str(bundle), "--json"])
    assert told.exit_code == 0
    assert orjson.loads(told.stdout)["revision"] == load(bundle).revision
