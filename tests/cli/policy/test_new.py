"""``sekisho policy new`` writes a folder that is checked, and whose test fails until it is written."""

import shutil
from pathlib import Path

import pytest

from tests.parts.commands import run
from tests.parts.opa import ROOT, opa


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "policies", tmp_path / "policies"))


@pytest.mark.parametrize(
    ("kind", "name", "fails"),
    [
        ("rule", "finance_in_house", "test_what_is_permitted_passes"),
        ("pack", "acme-2026.1", "test_what_it_is_about_is_refused"),
    ],
)
def test_what_is_begun_is_sound_and_has_one_failing_test(
    folder: Path, kind: str, name: str, fails: str
) -> None:
    result = run("policy", "new", kind, name, "--policies", str(folder))
    assert result.exit_code == 0, result.output
    assert run("policy", "check", str(folder)).exit_code == 0
    tested = run("policy", "test", str(folder))
    assert tested.exit_code == 1
    assert [line.split(": ")[1] for line in tested.stderr.splitlines()] == [fails]
    written = [str(path) for path in (folder / f"{kind}s" / name).glob("*.rego")]
    assert opa("fmt", "--list", *written).stdout == ""


def test_a_new_rule_refuses_nobody_before_it_is_enforced(folder: Path) -> None:
    run("policy", "new", "rule", "finance_in_house", "--policies", str(folder))
    result = run("policy", "diff", str(ROOT / "policies"), str(folder))
    assert "decisions: 0 of" in result.stdout


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("rule", "Finance", "expected lower-case letters"),
        ("rule", "../x", "expected lower-case letters"),
        ("pack", "plain", "at least one '-'"),
        ("rule", "modality", "exists already"),
    ],
)
def test_a_name_that_cannot_be_is_refused(
    folder: Path, kind: str, name: str, expected: str
) -> None:
    refused = run("policy", "new", kind, name, "--policies", str(folder))
    assert refused.exit_code == 2
    assert expected in refused.stderr


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    refused = run("policy", "new", "pack", "a-b", "--policies", str(tmp_path))
    assert refused.exit_code == 2
    assert "no such folder" in refused.stderr
