"""The whole of the settings: nothing looser than it says, and no part against another."""

from pathlib import Path
from typing import Any

import pytest

from gateway.settings.root import Settings
from tests.settings.files import faults, good


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"models": {"m": {"deployments": ["nowhere"]}}}, "no deployment is named 'nowhere'"),
        (
            {
                "models": {
                    "a": {"deployments": ["r1-a"], "aliases": ["b"]},
                    "b": {"deployments": ["r1-a"]},
                }
            },
            "already a name of",
        ),
        ({"keys": {"ring_file": "/nonexistent/ring.json"}}, "does not exist"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    tmp_path: Path, change: dict[str, Any], expected: str
) -> None:
    assert any(expected in line for line in faults(tmp_path, good(tmp_path, **change)))


def test_only_one_model_answers_to_deepseeks_names(tmp_path: Path) -> None:
    model = {"deployments": ["r1-a"], "deepseek_names": True}
    found = faults(tmp_path, good(tmp_path, models={"a": model, "b": model}))
    assert found == ["models: only one may have deepseek_names"]


def test_settings_are_frozen(tmp_path: Path) -> None:
    settings = Settings.model_validate(good(tmp_path))
    with pytest.raises(ValueError, match="frozen"):
        settings.listen.port = 1  # type: ignore[misc]


def test_several_workers_need_a_shared_state(tmp_path: Path) -> None:
    found = faults(tmp_path, good(tmp_path, workers=2))
    assert found == ["workers: more than one require shared state: set state.url to a Redis"]
