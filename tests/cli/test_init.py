"""The command and its verbs."""

import subprocess
import sys

import pytest

from gateway import __version__
from tests.parts.commands import run


@pytest.mark.parametrize(
    "verb", ["serve", "demo", "check", "explain", "policy", "keys", "models", "audit", "version"]
)
def test_every_verb_has_help(verb: str) -> None:
    result = run(verb, "--help")
    assert result.exit_code == 0
    assert result.stdout.strip()


def test_the_version() -> None:
    assert run("version").stdout.strip() == __version__


def test_python_dash_m_is_the_same_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == __version__
