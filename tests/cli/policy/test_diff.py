"""``sekisho policy diff`` tells what differs, and exits with 1 when anything does."""

import shutil
from pathlib import Path

import orjson
import pytest

from gateway.policy.compile.build import build
from gateway.policy.compile.bundle import write
from tests.parts.commands import run
from tests.parts.opa import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = Path(shutil.copytree(ROOT / "policies", tmp_path / "policies"))
    settings = folder / "data" / "settings.yaml"
    settings.write_text(settings.read_text().replace("developer: []", "developer: [FR]"))
    return folder


def test_what_differs_is_reported(folder: Path) -> None:
    result = run("policy", "diff", str(ROOT / "policies"), str(folder))
    assert result.exit_code == 1
    assert "rules: the same" in result.stdout
    assert "~ settings: denied_countries (developer)" in result.stdout
    assert "newly denied: weights mistral-hosted: allowed -> developer-country" in result.stdout


def test_a_bundle_and_its_source_are_the_same(folder: Path, tmp_path: Path) -> None:
    write(build(folder), tmp_path / "bundle.tar.gz")
    result = run("policy", "diff", str(folder), str(tmp_path / "bundle.tar.gz"), "--json")
    assert result.exit_code == 0
    document = orjson.loads(result.stdout)
    assert (document["rules"], document["data"], document["decisions"]) == ([], [], [])


def test_policies_with_faults_are_not_compared(folder: Path) -> None:
    (folder / "data" / "apps.yaml").unlink()
    result = run("policy", "diff", str(ROOT / "policies"), str(folder), "--json")
    assert result.exit_code == 1
    assert orjson.loads(result.stdout)["ok"] is False
