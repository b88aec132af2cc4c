"""``sekisho policy test`` runs the rules' own tests and tells what they cover."""

import shutil
from pathlib import Path

import orjson
import pytest

from tests.parts.commands import run
from tests.parts.opa import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "policies", tmp_path / "policies"))


def test_the_shipped_tests_hold_and_cover_every_line(folder: Path) -> None:
    result = run("policy", "test", str(folder), "--coverage", "--threshold", "100")
    assert result.exit_code == 0, result.output
    assert "tests pass" in result.stdout
    assert "100.0 %  of all rules" in result.stdout


def test_a_test_that_fails_is_reported_and_is_exit_code_1(folder: Path) -> None:
    rule = folder / "rules" / "secrets" / "secrets.rego"
    rule.write_text(rule.read_text().replace('"SECRET_"', '"OTHER_"'))
    result = run("policy", "test", str(folder))
    assert result.exit_code == 1
    assert "secrets_test.rego: test_secrets_stay_in_house: failed" in result.stderr
    document = orjson.loads(run("policy", "test", str(folder), "--json").stdout)
    assert document["ok"] is False
    assert document["coverage"] is None


def test_too_little_coverage_is_exit_code_1(folder: Path) -> None:
    tests = folder / "rules" / "tools" / "tools_test.rego"
    tests.write_text("package rules.tools_test\n\ntest_nothing if true\n")
    result = run("policy", "test", str(folder), "--threshold", "100", "--json")
    assert result.exit_code == 1
    assert list(orjson.loads(result.stdout)["missed"]) == ["rules/tools/tools.rego"]


def test_a_folder_with_faults_is_not_tested(folder: Path) -> None:
    (folder / "data" / "apps.yaml").unlink()
    result = run("policy", "test", str(folder))
    assert result.exit_code == 1
    assert "apps.yaml: missing" in result.stderr
