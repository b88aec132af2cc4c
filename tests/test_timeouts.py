"""Every fixed time-out is a positive number of seconds, and somebody reads it."""

import re
from pathlib import Path

import pytest

from gateway import timeouts

GATEWAY = Path(timeouts.__file__).parent
NAMES = sorted(name for name in vars(timeouts) if name.isupper())
READERS = "\n".join(
    path.read_text(encoding="utf-8") for path in GATEWAY.rglob("*.py") if path.name != "timeouts.py"
)


def test_there_are_some() -> None:
    assert len(NAMES) > 30


@pytest.mark.parametrize("name", NAMES)
def test_it_is_a_duration(name: str) -> None:
    value = getattr(timeouts, name)
    durations = value if isinstance(value, tuple) else (value,)
    assert durations
    assert all(0 < seconds < float("inf") for seconds in durations)
    assert list(durations) == sorted(durations)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_read(name: str) -> None:
    own = (GATEWAY / "timeouts.py").read_text(encoding="utf-8")
    assert re.search(rf"timeouts\.{name}\b", READERS) or re.search(rf"= {name}\b", own)
