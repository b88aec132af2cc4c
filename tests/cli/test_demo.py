"""``sekisho demo`` says what it needs."""

import importlib.util

import pytest

from tests.parts.commands import run


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    result = run("demo")
    assert result.exit_code == 2
    assert "make demo" in result.stderr
