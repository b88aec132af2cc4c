"""Copies of the files, and commands of this version that run in them."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.parts.commands import run
from tests.upgrade.installation import Installation

FILES = Path(__file__).parent / "8218936"


def copied(folder: Path) -> Path:
    """Copy the files to a folder that does not exist yet."""
    shutil.copytree(FILES, folder)
    for ring in folder.rglob("ring.json"):
        ring.chmod(0o600)  # as it was made; Git keeps no such modes
    return folder


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy that is only read."""
    return copied(tmp_path_factory.mktemp("files") / "8218936")


@pytest.fixture(scope="module")
def continued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy with which a gateway of this version goes on."""
    return copied(tmp_path_factory.mktemp("continued") / "8218936")


class Sekisho:
    """Runs ``sekisho`` commands in this process, in the folder and the environment of an installation."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def run(self, here: Installation, *arguments: str, exit_code: int = 0) -> str:
        """Run a command that must end with this exit code; its standard output."""
        self._monkeypatch.chdir(here.folder)
        for name, value in here.variables.items():
            self._monkeypatch.setenv(name, value)
        result = run(*arguments)
        assert result.exit_code == exit_code, result.output
        return result.stdout

    def run_json(self, here: Installation, *arguments: str, exit_code: int = 0) -> Any:
        """Run a command with ``--json``; what it printed."""
        return json.loads(self.run(here, *arguments, "--json", exit_code=exit_code))


@pytest.fixture
def sekisho(monkeypatch: pytest.MonkeyPatch) -> Sekisho:
    for port in ("PORT", "ADMIN_PORT"):
        monkeypatch.setenv(port, "0")
    return Sekisho(monkeypatch)
