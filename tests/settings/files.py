"""Configuration files for tests, good ones and such as are refused."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.errors import ConfigError
from gateway.settings.load import load
from tests.parts.configuration import document

ENVIRON = {"SEKISHO_TEST_KEY": "k" * 20, "HOST_OF_R1": "10.0.0.5"}


def write(folder: Path, content: dict[str, Any] | str) -> Path:
    path = folder / "sekisho.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    (folder / "ring.json").write_text("{}")
    return path


def faults(
    folder: Path, content: dict[str, Any] | str, environ: dict[str, str] | None = None
) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(write(folder, content), ENVIRON if environ is None else environ)
    return caught.value.faults


def good(folder: Path, **changes: Any) -> dict[str, Any]:
    changes.setdefault("policy", {"path": str(folder)})
    return document(folder=str(folder), **changes)
