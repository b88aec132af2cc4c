"""``sekisho demo`` says what it needs, and leaves nothing behind."""

import importlib.util
import signal
import subprocess
import sys
import time

import psutil
import pytest

from tests.parts.commands import run


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    result = run("demo")
    assert result.exit_code == 2
    assert "make demo" in result.stderr


def test_when_it_is_terminated_every_part_ends() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "gateway", "demo"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as demo:
        parts = _parts(demo.pid)
        demo.send_signal(signal.SIGTERM)
        demo.wait(60)
    _, alive = psutil.wait_procs(parts, timeout=30)
    assert alive == []


def _parts(pid: int) -> list[psutil.Process]:
    """The processes of a demonstration, once its gateway has begun."""
    for _ in range(600):
        parts = psutil.Process(pid).children(recursive=True)
        if any("serve" in part.cmdline() for part in parts):
            return parts
        time.sleep(0.1)
    raise AssertionError("the gateway was not started")
