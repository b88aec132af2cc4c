"""The environment that ``make models`` uses, for tests that need what only it holds."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PYTHON = ROOT / ".tools/models/bin/python"
needs_models = pytest.mark.skipif(
    not PYTHON.exists(), reason="make .tools/models/.installed makes the environment"
)


def python(*arguments: str) -> str:
    """What the environment's Python prints, started in the tree's root."""
    ran = subprocess.run(
        [PYTHON, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout
