"""What differs between two revisions: what was written, and what it decides."""

import shutil
from pathlib import Path

import pytest

from gateway.policy.compile.build import Build, build
from gateway.policy.lab.difference import difference
from tests.policy.conftest import POLICIES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(POLICIES, tmp_path / "policies"))


def edit(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))


async def test_equal_policies_differ_in_nothing(shipped: Build, folder: Path) -> None:
    found = await difference(shipped, build(folder))
    assert found.is_empty
    assert found.scenes > 150


async def test_a_row_that_changes_decisions(shipped: Build, folder: Path) -> None:
    edit(folder, "data/settings.yaml", "developer: []", "developer: [FR]")
    edit(folder, "data/apps.yaml", "apps: {}", "apps:\n  billing: {tools: false}")
    found = await difference(shipped, build(folder))
    assert found.rules == ()
    assert found.data == ("~ apps: apps (billing)", "~ settings: denied_countries (developer)")
    changes = {(one.scene, one.change, one.after) for one in found.decisions}
    assert ("weights mistral-hosted", "newly_denied", ("developer-country",)) in changes
    assert ("app billing, with a tool", "newly_denied", ("tools",)) in changes


async def test_a_treatment_that_changes_and_a_rule_that_goes(shipped: Build, folder: Path) -> None:
    shutil.rmtree(folder / "rules" / "modality")
    edit(folder, "data/entities.yaml", "trusted-cloud: placeholder", "trusted-cloud: mask")
    found = await difference(shipped, build(folder))
    assert "- rules/modality/modality.rego" in found.rules
    changes = {(one.scene, one.change) for one in found.decisions}
    assert ("image to public-cloud", "newly_allowed") in changes
    assert ("EMAIL_ADDRESS to trusted-cloud", "other_treatment") in changes


async def test_it_says_the_same_backwards(shipped: Build, folder: Path) -> None:
    edit(folder, "data/settings.yaml", "no-deepseek-cloud: enforce", "us-ndaa-1532: enforce")
    there = await difference(shipped, build(folder))
    back = await difference(build(folder), shipped)
    opposite = {"newly_denied": "newly_allowed", "newly_allowed": "newly_denied"}
    assert [(one.scene, opposite.get(one.change)) for one in there.decisions] == [
        (one.scene, one.change) for one in back.decisions
    ]
