"""Settings of the process itself: one key ring, a store that exists."""

from pathlib import Path
from typing import Any

import pytest

from tests.settings.files import faults, good


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"keys": {}}, "exactly one of"),
        ({"keys": {"ring_env": "NO_SUCH"}}, "NO_SUCH is not set"),
        ({"audit": {"store": "mysql://x"}}, "audit.store"),
        ({"listen": {"port": 65536}}, "listen.port"),
        ({"limits": {"concurrent_requests": 0}}, "limits.concurrent_requests"),
    ],
)
def test_what_means_nothing_is_refused(
    tmp_path: Path, change: dict[str, Any], expected: str
) -> None:
    assert any(expected in line for line in faults(tmp_path, good(tmp_path, **change)))
