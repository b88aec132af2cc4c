"""Configurations of 8218936 with every setting that it had."""

from pathlib import Path
from typing import Any

import pytest

from tests.upgrade.comparison import known_fields, read_json
from tests.upgrade.conftest import Sekisho
from tests.upgrade.installation import Installation


@pytest.fixture
def then(files: Path) -> Any:
    return read_json(files / "configuration" / "output.json")


@pytest.fixture
def here(files: Path, then: Any) -> Installation:
    folder = files / "configuration"
    ring = (folder / "ring.json").read_text()
    return Installation(folder=folder, variables={**then["variables"], "SEKISHO_RING": ring})


@pytest.mark.parametrize("name", ["sekisho.yaml", "other.yaml"])
def test_a_configuration_with_every_setting_has_no_faults(
    files: Path, here: Installation, sekisho: Sekisho, name: str
) -> None:
    report = sekisho.run_json(here, "check", "--config", name)
    assert report["faults"] == []
    assert report["policy"] == read_json(files / "policies" / "revisions.json")["bundle"]


def test_models_are_listed_with_the_measured_bias(
    here: Installation, then: Any, sekisho: Sekisho
) -> None:
    models = then["models"]
    assert models[0]["deployments"][0]["bias"]["score"] > 0
    assert known_fields(sekisho.run_json(here, "models", "list"), models) == models
