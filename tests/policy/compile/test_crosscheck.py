"""A name that leads to no row is reported with its file and line."""

import shutil
from pathlib import Path

import pytest

from gateway.policy.compile.crosscheck import cross_faults
from gateway.policy.compile.source import read
from tests.policy.conftest import POLICIES

EXCEPTION = """
trial:
  reason: {reason}
  apps: [billing]
  operators: [{operator}]
  why: a trial
  requested_by: payments
  approved_by: security
  start: 2026-11-01
  until: 2026-11-30
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(POLICIES, tmp_path / "policies"))


def faults(folder: Path) -> list[str]:
    source = read(folder)
    assert source.faults == []
    cross_faults(source)
    return [fault.removeprefix(f"{folder}/") for fault in source.faults]


def test_the_shipped_policies_have_none(folder: Path) -> None:
    assert faults(folder) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("models", "licences: [MIT]", "licences: [BSD]", "licences: no row of licences is named"),
        ("models", "base: deepseek-v3-base", "base: v3", "base: no row of models is named 'v3'"),
        ("apps", 'purposes: ["*"]', "purposes: [x]", "no row of purposes is named 'x'"),
        ("settings", "no-deepseek-cloud", "no-such-pack", "packs: no row of packs is named"),
    ],
)
def test_a_name_without_a_row(folder: Path, name: str, old: str, new: str, expected: str) -> None:
    path = folder / "data" / f"{name}.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    (fault,) = faults(folder)
    assert fault.startswith(f"data/{name}.yaml:")
    assert expected in fault


def test_a_pack_names_operators_that_exist(folder: Path) -> None:
    path = folder / "packs" / "kr-pipc" / "pack.yaml"
    path.write_text(path.read_text().replace("volcengine", "volcano"))
    (fault,) = faults(folder)
    assert "kr-pipc/pack.yaml:" in fault
    assert "no row of operators is named 'volcano'" in fault


@pytest.mark.parametrize(
    ("reason", "operator", "expected"),
    [
        ("operator-denied", "openrouter", ""),
        ("us-ndaa-1532", "self", ""),
        ("operator-denied", "nobody", "no row of operators is named 'nobody'"),
        ("secrets", "openai", "expected the id of a reason that exceptions may override"),
        ("no-such-reason", "openai", "expected the id of a reason that exceptions may override"),
    ],
)
def test_an_exception_is_to_a_reason_that_may_be_set_aside(
    folder: Path, reason: str, operator: str, expected: str
) -> None:
    path = folder / "data" / "exceptions.yaml"
    path.write_text(EXCEPTION.format(reason=reason, operator=operator))
    found = faults(folder)
    assert len(found) == bool(expected)
    assert all(expected in fault and "exceptions.yaml:" in fault for fault in found)


def test_what_could_not_be_read_is_passed_over(folder: Path) -> None:
    (folder / "data" / "licences.yaml").unlink()
    source = read(folder)
    cross_faults(source)
    assert [fault.partition("licences.yaml: ")[2] for fault in source.faults] == ["missing"]
