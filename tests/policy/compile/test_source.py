"""A wrong row is refused with file, line and what was expected; all faults at once."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.policy.compile.source import read
from tests.policy.conftest import POLICIES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(POLICIES, tmp_path / "policies"))


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        (
            "data/operators.yaml",
            "status: denied",
            "status: refused",
            "deepseek.status: Input should be",
        ),
        (
            "data/operators.yaml",
            "country: CN",
            "country: China",
            "deepseek.country: String should match",
        ),
        ("data/operators.yaml", "  kind: self\n", "", "self.kind: Field required"),
        (
            "data/models.yaml",
            "as_of: 2026-11-24",
            "as_of: lately",
            "as_of: Input should be a valid date",
        ),
        (
            "data/entities.yaml",
            "device: block",
            "device: blok",
            "JP_MY_NUMBER.treatment.device: Input",
        ),
        ("data/settings.yaml", "Asia/Tokyo", "Asia/Edo", "time_zone: expected the name of an IANA"),
        ("data/settings.yaml", "packs:", "pack:", "packs: Field required"),
        ("data/purposes.yaml", "trains: true", "trains: maybe", "distillation.trains: Input"),
        ("packs/kr-pipc/pack.yaml", "dated: 2025-04-24", "dated: soon", "dated: Input"),
        ("packs/kr-pipc/pack.yaml", "operators:", "operator:", "denies.0.operator: Extra"),
        ("data/licences.yaml", "MIT:", "MIT: [", "not valid YAML"),
        ("rules/modality/modality.rego", "# METADATA", "#", "expected a METADATA block"),
        (
            "rules/modality/modality.rego",
            "mode: enforce",
            "mode: maybe",
            "METADATA: 1 validation error",
        ),
    ],
)
def test_faults_are_reported_with_their_line(
    folder: Path, name: str, old: str, new: str, expected: str
) -> None:
    path = folder / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    faults = read(folder).faults
    assert any(expected in fault and path.name in fault for fault in faults), faults


def test_the_line_is_that_of_the_value(folder: Path) -> None:
    path = folder / "data" / "operators.yaml"
    lines = path.read_text().splitlines()
    line = next(i for i, text in enumerate(lines, start=1) if text == "  country: CN")
    path.write_text(path.read_text().replace("  country: CN", "  country: China", 1))
    assert any(f"operators.yaml:{line}: " in fault for fault in read(folder).faults)


def test_a_key_given_twice_is_a_fault(folder: Path) -> None:
    path = folder / "data" / "licences.yaml"
    path.write_text(path.read_text() + "\nMIT:\n  name: again\n")
    assert any("MIT: given twice" in fault for fault in read(folder).faults)


def test_all_faults_come_at_once(folder: Path) -> None:
    for name in ("models", "settings"):
        (folder / "data" / f"{name}.yaml").unlink()
    assert len(read(folder).faults) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("extra: {{ value }}", "unhashable key"),
        ("extra: 2026-02-30", "not a valid timestamp (day is out of range for month)"),
        ("extra: 2026-01-01T00:00:00+99:99", "not a valid timestamp"),
        ("extra: !!timestamp x", "not a valid timestamp"),
        ('extra: !!int ""', "not a valid int"),
        (f"extra: {'9' * 5000}", "not a valid int"),
        ("extra: !!bool x", "not a valid bool"),
        ("extra: &a [*a]", "recursive"),
        ('extra: "\\U00110000"', "not in range"),
        ('extra: "\\UFFFFFFFF"', "too large"),
        ("? [a]\n: b", "unhashable key"),
    ],
)
def test_B40_whatever_yaml_holds_is_a_fault_with_its_line(
    folder: Path, text: str, expected: str
) -> None:
    path = folder / "data" / "settings.yaml"
    line = len(path.read_text().splitlines()) + 1
    path.write_text(f"{path.read_text()}{text}\n")
    assert any(
        fault.startswith(f"{path}:{line}: ") and expected in fault for fault in read(folder).faults
    ), read(folder).faults


def test_B40_numbers_that_no_json_document_can_hold_are_faults(folder: Path) -> None:
    path = folder / "data" / "settings.yaml"
    path.write_text(f"{path.read_text()}bias_days: 99999999999999999999\n")
    assert any("bias_days: Input should be less than" in fault for fault in read(folder).faults)


def test_B40_a_rules_metadata_may_hold_anything(folder: Path) -> None:
    path = folder / "rules" / "modality" / "modality.rego"
    path.write_text(path.read_text().replace("mode: enforce", "mode: 2026-02-30", 1))
    assert any(
        "METADATA" in fault and "not a valid timestamp" in fault for fault in read(folder).faults
    )


@pytest.mark.parametrize("name", ["data/exceptions.yaml", "rules/modality/modality.rego"])
@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("/dev/zero")])
def test_B40_what_is_no_regular_file_is_a_fault_and_is_not_opened(
    folder: Path, name: str, make: Callable[[Path], None]
) -> None:
    path = folder / name
    path.unlink()
    make(path)
    assert any(fault.startswith(f"{path}: can't be read: ") for fault in read(folder).faults), read(
        folder
    ).faults
